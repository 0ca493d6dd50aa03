using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>Starts and ends machines. All look first: what is so already is left alone.</summary>
internal sealed class MachinePower(BoxManage box, BoxMachines machines, MachineMaker maker, HostFiles files, VirtualBoxOptions options, TimeProvider clock)
{
    private static readonly TimeSpan s_longestEnd = TimeSpan.FromSeconds(30);

    /// <summary>Makes a machine run that is off or suspended.</summary>
    internal async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        var info = await machines.RequireAsync(definition.Id, cancellation);
        switch (info.Power)
        {
            case ObservedPower.On or ObservedPower.Paused:
                return;
            case ObservedPower.Suspended:
                SuspendRules.CheckFits(definition with { MemoryMiB = info.MemoryMiB, Cpus = info.Cpus, Firmware = info.Firmware }, definition);
                break;
            case ObservedPower.Off:
                await CheckPortsAsync(definition, info, cancellation);
                await maker.SeedAsync(definition, cancellation);
                await maker.ApplyAsync(definition, info, cancellation);
                break;
            default:
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {definition.Id} cannot be started: {VmStates.DetailOf(info.State)}");
        }

        await RunAsync(definition.Id, MachineSettings.Option(definition, "frontend") ?? options.Frontend, cancellation);
    }

    /// <summary>Lets VirtualBox start it as it is.</summary>
    internal Task RunAsync(string id, string frontend, CancellationToken cancellation) =>
        box.ChangeAsync(["startvm", BoxMachines.NameOf(id), "--type", frontend], cancellation);

    /// <summary>Presses the power button; a suspended machine loses its memory.</summary>
    internal async Task StopAsync(string id, CancellationToken cancellation)
    {
        var info = await machines.RequireAsync(id, cancellation);
        if (info.Power == ObservedPower.Suspended) await DiscardAsync(id, cancellation);
        if (info.Power == ObservedPower.Paused) await ControlAsync(id, "resume", cancellation);
        if (info.Power is ObservedPower.On or ObservedPower.Paused) await ControlAsync(id, "acpipowerbutton", cancellation);
    }

    /// <summary>Ends it now, and waits until it is.</summary>
    internal async Task EndAsync(VmInfo info, string id, CancellationToken cancellation)
    {
        if (info.Power == ObservedPower.Suspended)
        {
            await DiscardAsync(id, cancellation);
            return;
        }

        if (info.IsOff) return;
        await ControlAsync(id, "poweroff", cancellation);
        var began = clock.GetTimestamp();
        while (await machines.LookAsync(BoxMachines.NameOf(id), cancellation) is { IsOff: false })
        {
            if (clock.GetElapsedTime(began) > s_longestEnd) throw new HypervisorException(HypervisorErrorKind.Unreachable, $"machine {id} does not end");
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancellation);
        }
    }

    /// <summary>A verb for the running machine. One that has ended meanwhile is told by the next look, not as a failure.</summary>
    internal async Task ControlAsync(string id, string verb, CancellationToken cancellation)
    {
        try
        {
            await box.ChangeAsync(["controlvm", BoxMachines.NameOf(id), verb], cancellation);
        }
        catch (HypervisorException) when (verb is "poweroff" or "acpipowerbutton")
        {
            if (await machines.FindAsync(id, cancellation) is { IsOff: true }) return;
            throw;
        }
    }

    private Task DiscardAsync(string id, CancellationToken cancellation) => box.ChangeAsync(["discardstate", BoxMachines.NameOf(id)], cancellation);

    private async Task CheckPortsAsync(MachineDefinition definition, VmInfo own, CancellationToken cancellation)
    {
        if (definition.Forwards.Count == 0) return;
        foreach (var (_, uuid) in VmList.Parse(await box.AskAsync(["list", "runningvms"], "list runningvms", cancellation)))
        {
            if (uuid != own.Uuid && await machines.LookAsync(uuid, cancellation) is { } other) HostPorts.InsistOnFree(definition.Forwards, other);
        }

        if (files.Local) HostPorts.InsistOnFree(definition.Forwards);
    }
}
