using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Warren.Hypervisors.VirtualBox.Machines;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox;

/// <summary>Pause and continue.</summary>
internal sealed class VirtualBoxPower(BoxMachines machines, MachinePower power) : IPower
{
    /// <inheritdoc/>
    public async Task PauseAsync(string machineId, CancellationToken cancellation)
    {
        if ((await RunningAsync(machineId, cancellation)).Power == ObservedPower.On) await power.ControlAsync(machineId, "pause", cancellation);
    }

    /// <inheritdoc/>
    public async Task ResumeAsync(string machineId, CancellationToken cancellation)
    {
        if ((await RunningAsync(machineId, cancellation)).Power == ObservedPower.Paused) await power.ControlAsync(machineId, "resume", cancellation);
    }

    private async Task<VmInfo> RunningAsync(string id, CancellationToken cancellation) =>
        await machines.RequireAsync(id, cancellation) is { Power: ObservedPower.On or ObservedPower.Paused } info
            ? info
            : throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {id} does not run");
}

/// <summary>Suspend to disk: VirtualBox's saved state.</summary>
internal sealed class VirtualBoxSuspend(BoxMachines machines, MachinePower power, VirtualBoxOptions options) : ISuspend
{
    /// <inheritdoc/>
    public async Task SuspendAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(options.Place, machineId, cancellation);
        var info = await machines.RequireAsync(machineId, cancellation);
        if (info.Power == ObservedPower.Suspended) return;
        if (info.Power is not (ObservedPower.On or ObservedPower.Paused)) throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} does not run");
        await power.ControlAsync(machineId, "savestate", cancellation);
    }
}

/// <summary>Addresses as the Guest Additions write them into the machine's properties.</summary>
internal sealed partial class VirtualBoxAddresses(BoxManage box, BoxMachines machines) : IAddresses
{
    private const int MostCards = 8;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation)
    {
        var info = await machines.RequireAsync(machineId, cancellation);
        if (info.Power != ObservedPower.On) return [];
        var said = await box.AskAsync(["guestproperty", "enumerate", BoxMachines.NameOf(machineId)], "guestproperty enumerate", cancellation);
        return Read(said);
    }

    /// <summary>Both shapes: <c>Name: /VirtualBox/…/V4/IP, value: 10.0.2.15, …</c> until 6.1, and <c>/VirtualBox/…/V4/IP = '10.0.2.15' @ …</c> since 7.0.</summary>
    internal static IReadOnlyList<string> Read(string text) =>
    [
        .. Property().Matches(text).Take(MostCards).Select(m => m.Groups["address"].Value)
            .Select(a => IPAddress.TryParse(a, out var parsed) && parsed.AddressFamily == AddressFamily.InterNetwork ? parsed : null)
            .OfType<IPAddress>().Where(a => !IPAddress.IsLoopback(a) && a.GetAddressBytes() is not ([169, 254, _, _] or [0, 0, 0, 0])).Select(a => a.ToString()).Distinct(),
    ];

    [GeneratedRegex(@"^(Name: )?/VirtualBox/GuestInfo/Net/[0-9]{1,2}/V4/IP(, value: | += ')(?<address>[0-9.]{7,15})\b",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Property();
}

/// <summary>Resize by the driver itself.</summary>
internal sealed class VirtualBoxResize(VirtualBoxHypervisor driver) : IResize
{
    /// <inheritdoc/>
    public Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation) => driver.ResizeAsync(definition, cancellation);
}

/// <summary>Clones by the driver itself.</summary>
internal sealed class VirtualBoxClones(VirtualBoxHypervisor driver) : IClones
{
    /// <inheritdoc/>
    public async Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        await driver.CloneAsync(sourceId, definition, cancellation);
        progress.Report(1);
    }
}
