using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class UserAddVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<bool> _service;
    private readonly Option<UserRole?> _role;

    public UserAddVerb() : base("add", "Add a user, who gets in by a one-time link first, or a service account; for administrators",
        "warren users add ann && warren users login-link ann", "warren users add robot --service && warren tokens create t --user robot")
    {
        _name = Argument<string>("NAME", "Login name");
        _service = Option<bool>("--service", "A service account: has tokens, and neither password nor browser");
        _role = Option<UserRole?>("--role", "administrator, member or viewer [member]", "ROLE");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var user = await call.Client.CreateUserAsync(
            new CreateUserRequest { Name = call.Get(_name), Kind = call.Get(_service) ? UserKind.Service : UserKind.Person, Role = call.Get(_role) }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(user);
        else call.Screen.WriteLine(user.Name);
        return ExitCode.Ok;
    }
}
