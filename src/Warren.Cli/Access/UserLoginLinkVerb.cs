using System.CommandLine;
using Warren.Cli.Terminal;

namespace Warren.Cli.Access;

internal sealed class UserLoginLinkVerb : Verb
{
    private readonly Argument<string> _name;

    public UserLoginLinkVerb() : base("login-link", "Print a link that logs a user in once, to set a new password; for administrators", "warren users login-link ann")
        => _name = Argument<string>("NAME", "Login name");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var link = await call.Client.CreateUserLoginLinkAsync(call.Get(_name), cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(link);
        else call.Screen.WriteLine(link.Url);
        call.Screen.Hint($"Works once, until {Figures.Time(link.ExpiresAt)}.");
        return ExitCode.Ok;
    }
}
