using System.Reflection;
using Warren.Contracts;

namespace Warren.Cli;

/// <summary>Tells which versions are at work; the server's only when it answers.</summary>
internal sealed class VersionVerb() : Verb("version", "Show the versions of this program and of the server",
    "warren version")
{
    public static string OfThisProgram { get; } =
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        string? server = null;
        try
        {
            server = (await call.Client.GetHealthAsync(cancellation)).Version;
        }
        catch (WarrenException)
        {
            // No server is no reason not to know one's own version.
        }

        if (call.Screen.Json) call.Screen.WriteJson(new { Client = OfThisProgram, Server = server });
        else call.Screen.WriteLine($"warren {OfThisProgram}\nserver {server ?? "not reachable"}");
        return ExitCode.Ok;
    }
}
