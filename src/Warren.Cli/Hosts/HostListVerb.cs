using Warren.Contracts;

namespace Warren.Cli.Hosts;

internal sealed class HostListVerb : Verb
{
    public HostListVerb() : base("list", "List hosts", "warren hosts list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var hosts = new List<Host>();
        await foreach (var host in call.Client.ListHostsAsync(cancellation)) hosts.Add(host);
        call.Screen.WriteList(hosts, "No hosts.", HostText.Headings, HostText.Row);
        return ExitCode.Ok;
    }
}
