using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class UserEditVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<UserRole?> _role;
    private readonly Option<bool> _disable;
    private readonly Option<bool> _enable;

    public UserEditVerb() : base("edit", "Change a user's role, keep them out, or let them in again; for administrators",
        "warren users edit ann --role viewer", "warren users edit ann --disable")
    {
        _name = Argument<string>("NAME", "Login name");
        _role = Option<UserRole?>("--role", "administrator, member or viewer", "ROLE");
        _disable = Option<bool>("--disable", "Keep them out: what they have open ends at once");
        _enable = Option<bool>("--enable", "Let them in again");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var (disable, enable) = (call.Get(_disable), call.Get(_enable));
        if (disable && enable) throw Refusal.Invalid("--enable", "not together with --disable");
        var user = await call.Client.EditUserAsync(call.Get(_name), new EditUserRequest { Role = call.Get(_role), Disabled = disable ? true : enable ? false : null }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(user);
        else call.Screen.Hint($"{user.Name}: {user.Role.ToString().ToLowerInvariant()}{(user.Disabled ? ", disabled" : "")}");
        return ExitCode.Ok;
    }
}
