using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Warren.Hypervisors.Proxmox;

/// <summary>Moves machines to another node of the same cluster, by the cluster itself.</summary>
internal sealed class ProxmoxMigration(ProxmoxHypervisor source, ProxmoxClient client, ProxmoxTasks tasks, MachineFinder finder, ProxmoxOptions options, TimeProvider clock) : IMigration
{
    /// <inheritdoc/>
    public async Task MigrateAsync(MachineDefinition definition, IHypervisor destination, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(definition.Id);
        if (destination is not ProxmoxHypervisor other)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"a machine of Proxmox VE does not move to the kind {destination.Kind}");
        using var turn = await Gates.EnterAsync(options.Place, definition.Id, cancellation);
        if (await finder.FindAsync(definition.Id, cancellation) is null)
        {
            if ((await other.ObserveAsync(definition.Id, cancellation)).Power == ObservedPower.Missing) throw MachineFinder.NotFound(definition.Id);
            progress.Report(1);
            return;
        }

        var (machine, status) = await finder.RequireStatusAsync(definition.Id, cancellation);
        var power = PowerWords.Read(status);
        if (power == ObservedPower.Suspended) throw SuspendRules.Refusal(definition.Id, "moved");
        var target = await TargetAsync(other, cancellation);
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmigrate", "hamigrate"], () => client.ChangeAsync(HttpMethod.Post, machine.Path("migrate"),
            new Form().With("target", target).With("online", power != ObservedPower.Off).With("with-local-disks", true), cancellation), progress, cancellation);
        await ArrivalAsync(other, definition.Id, Fields.Flag(status["ha"], "managed") ? options.TaskTimeout : options.Timeout, cancellation);
        progress.Report(1);
    }

    /// <summary>Waits until the other side has it. What high availability manages is only asked for by its task.</summary>
    private async Task ArrivalAsync(ProxmoxHypervisor other, string id, TimeSpan patience, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while ((await other.ObserveAsync(id, cancellation)).Power == ObservedPower.Missing)
        {
            if (clock.GetElapsedTime(began) > patience) throw new HypervisorException(HypervisorErrorKind.Unreachable, $"machine {id} has not arrived although its task has ended");
            await Task.Delay(options.Poll, clock, cancellation);
        }
    }

    /// <summary>The node to move to, which both sides must know as the same one by its certificate: many clusters have a node "pve".</summary>
    private async Task<string> TargetAsync(ProxmoxHypervisor other, CancellationToken cancellation)
    {
        var theirs = await other.Nodes.ChooseAsync(cancellation);
        var name = Fields.Text(theirs, "node") ?? throw Fields.Bad("nodes");
        var ours = (await source.Nodes.ClusterAsync(cancellation)).FirstOrDefault(n => Fields.Text(n, "node") == name);
        if (ours is null || Fields.Text(ours, "ssl_fingerprint") != Fields.Text(theirs, "ssl_fingerprint"))
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"node {name} is of another cluster");
        if (options.Nodes.Count == 0 || options.Nodes.Contains(name))
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"node {name} is this host itself; both hosts must state their nodes");
        return name;
    }
}
