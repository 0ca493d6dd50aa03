using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

internal sealed class HostKindsVerb : Verb
{
    public HostKindsVerb() : base("kinds", "Kinds of hypervisors, and the settings of a host of each", "warren hosts kinds")
    {
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var kinds = new List<Hypervisor>();
        await foreach (var kind in call.Client.ListHypervisorsAsync(cancellation)) kinds.Add(kind);
        if (call.Screen.Json)
        {
            call.Screen.WriteJson(new Page<Hypervisor>(kinds));
            return ExitCode.Ok;
        }

        foreach (var kind in kinds)
        {
            call.Screen.WriteLine($"{kind.Name}: {Printable.Of(kind.Summary)}{(kind.Addable ? "" : " From the server's configuration only.")}");
            var width = kind.Settings.Select(s => Label(s).Length).DefaultIfEmpty(0).Max();
            foreach (var setting in kind.Settings)
                call.Screen.WriteLine($"  {Label(setting).PadRight(width)}   {Printable.Of(setting.Help)}{(setting.Default is { } value ? $" [{Printable.Of(value)}]" : "")}");
        }

        return ExitCode.Ok;
    }

    private static string Label(HypervisorSetting setting) => setting.Name + (setting, setting.Required) switch
    {
        ({ Secret: true }, true) => " (secret, required)",
        ({ Secret: true }, false) => " (secret)",
        (_, true) => " (required)",
        _ => "",
    };
}
