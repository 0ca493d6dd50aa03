using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Warren.Hypervisors.Libvirt.Connections;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>Lifecycle events of the daemon.</summary>
internal sealed class LibvirtChanges(HostLine line) : IChanges
{
    /// <summary>Names that wait to be looked up; a reader that falls behind this far is told by an error and begins anew.</summary>
    private const int Backlog = 4096;

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var names = Channel.CreateBounded<string>(new BoundedChannelOptions(Backlog) { SingleReader = true });
        Action<string?> watcher = name =>
        {
            if (name is null || !names.Writer.TryWrite(name)) names.Writer.TryComplete(Lost());
        };
        var connection = await line.LookAsync(open => { open.Watch(watcher); return open; }, cancellation);
        try
        {
            await foreach (var name in names.Reader.ReadAllAsync(cancellation))
            {
                if (await IdAsync(name, cancellation) is { } id) yield return id;
            }
        }
        finally
        {
            connection.Unwatch(watcher);
        }
    }

    /// <summary>Our id of a domain that changed. One made here tells by its name, also when it is gone; others by their mark.</summary>
    private async Task<string?> IdAsync(string name, CancellationToken cancellation)
    {
        if (name.StartsWith(Domains.NameOf(""), StringComparison.Ordinal) && DefinitionRules.IsId(name[Domains.NameOf("").Length..]))
            return name[Domains.NameOf("").Length..];
        return (await line.LookAsync(Observer.List, cancellation)).FirstOrDefault(m => m.NativeName == name)?.MachineId;
    }

    private static HypervisorException Lost() => new(HypervisorErrorKind.Unreachable, "the connection to libvirt was lost, and its events with it");
}
