using Warren.Cli.Terminal;

namespace Warren.Cli.Access;

internal sealed class LoginLinkVerb() : Verb("login-link", "Print a link that logs a browser in, once", "warren login-link")
{
    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var link = await call.Client.CreateLoginLinkAsync(cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(link);
        else call.Screen.WriteLine(link.Url);
        call.Screen.Hint($"Works once, until {Figures.Time(link.ExpiresAt)}.");
        return ExitCode.Ok;
    }
}
