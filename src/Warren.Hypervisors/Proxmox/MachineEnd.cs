using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Warren.Hypervisors.Proxmox;

/// <summary>Ends machines and removes them.</summary>
internal sealed class MachineEnd(ProxmoxClient client, ProxmoxTasks tasks, MachineFinder finder, ProxmoxOptions options, TimeProvider clock)
{
    /// <summary>Ends the run now. A shutdown that is under way holds the machine's lock until the guest has ended, so that it is given up first.</summary>
    internal async Task EndAsync(ProxmoxMachine machine, CancellationToken cancellation)
    {
        while (await tasks.FindAsync(machine.Node, machine.Vmid, ["qmshutdown"], cancellation) is { } shutdown)
        {
            await tasks.StopAsync(shutdown);
            if (await tasks.FindAsync(machine.Node, machine.Vmid, ["qmshutdown"], cancellation) == shutdown)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"the shutdown of machine {machine.Vmid} does not let itself be stopped");
        }

        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmstop", "hastop"],
            () => client.ChangeAsync(HttpMethod.Post, machine.Path("status", "stop"), null, cancellation), null, cancellation);
        await UntilAsync(machine, ObservedPower.Off, cancellation);
    }

    /// <summary>
    /// Waits until it stands so. What high availability manages is only asked for by its task; the manager of the cluster
    /// brings it about in its next rounds, of ten seconds each (ha-manager(1)).
    /// </summary>
    internal async Task UntilAsync(ProxmoxMachine machine, ObservedPower wanted, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(10);
        while (true)
        {
            if (await finder.StatusAsync(machine, cancellation) is not { } status)
            {
                // What was to end has ended. What was to run may have been brought to another node by its manager: the next look finds it.
                if (wanted != ObservedPower.On) return;
                throw new HypervisorException(HypervisorErrorKind.Busy, $"machine {machine.Vmid} is no longer on {machine.Node}");
            }

            var power = PowerWords.Read(status);
            if (power == wanted || (wanted == ObservedPower.On && power == ObservedPower.Paused)) return;
            if (clock.GetElapsedTime(began) > options.TaskTimeout || (clock.GetElapsedTime(began) > options.Timeout && !Fields.Flag(status["ha"], "managed")))
                throw new HypervisorException(HypervisorErrorKind.Unreachable, $"machine {machine.Vmid} is {power} although its task has ended");
            await Task.Delay(pause, clock, cancellation);
            pause = pause * 2 < options.Poll ? pause * 2 : options.Poll;
        }
    }

    /// <summary>Throws the memory of a suspended machine away. The lock goes with the state (qemu-server, update_vm_api).</summary>
    internal Task DiscardAsync(ProxmoxMachine machine, CancellationToken cancellation) =>
        client.ChangeAsync(HttpMethod.Put, machine.Path("config"), new Form().With("delete", "vmstate"), cancellation);

    /// <summary>Ends and removes a machine of ours, its disks, its snapshots, and what the cluster knows of it: jobs, high availability.</summary>
    internal async Task RemoveAsync(ProxmoxMachine machine, CancellationToken cancellation)
    {
        if (await finder.StatusAsync(machine, cancellation) is not { } status) return;
        var power = PowerWords.Read(status);
        if (power == ObservedPower.Suspended) await DiscardAsync(machine, cancellation);
        else if (power != ObservedPower.Off) await EndAsync(machine, cancellation);
        try
        {
            await tasks.RunAsync(machine.Node, machine.Vmid, ["qmdestroy"], () => client.ChangeAsync(HttpMethod.Delete, machine.Path(),
                new Form().With("purge", true).With("destroy-unreferenced-disks", true), cancellation), null, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.NotFound)
        {
            // Another was faster.
        }
    }
}
