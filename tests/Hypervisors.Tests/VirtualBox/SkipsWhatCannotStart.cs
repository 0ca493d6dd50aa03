using Warren.Hypervisors;

namespace Hypervisors.Tests.VirtualBox;

/// <summary>
/// The driver as it is; but where VirtualBox itself says that it cannot run any machine here (NS_ERROR_FAILURE of startvm, which is
/// what a missing kernel module looks like), the case is skipped. Every other failure is one. Once that has been seen with a good
/// definition it is not tried again: it would cost a minute.
/// </summary>
internal sealed class SkipsWhatCannotStart(IHypervisor driver, RealBox box) : IHypervisor
{
    public string Kind => driver.Kind;

    public IPower? Power => driver.Power;

    public ISuspend? Suspend => driver.Suspend;

    public IResize? Resize => driver.Resize;

    public IAddresses? Addresses => driver.Addresses;

    public ISnapshots? Snapshots => driver.Snapshots;

    public IClones? Clones => driver.Clones;

    public async Task<HostProbe> ProbeAsync(CancellationToken cancellation)
    {
        var probe = await driver.ProbeAsync(cancellation);
        Assert.SkipWhen(probe.Problems.Any(IsMissingModule), string.Join(' ', probe.Problems));
        return probe;
    }

    public Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation) => driver.CreateAsync(definition, progress, cancellation);

    public async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        const string Missing = "VirtualBox's kernel module is not there, so that no machine starts (NS_ERROR_FAILURE)";
        try
        {
            if (!box.StartsNothing || !DefinitionRules.IsId(definition.Id)) await driver.StartAsync(definition, cancellation);
            else if ((await driver.ObserveAsync(definition.Id, cancellation)).Power == ObservedPower.Off) Assert.Skip(Missing);
            else await driver.StartAsync(definition, cancellation);
        }
        catch (HypervisorException e) when (IsMissingModule(e.Message))
        {
            (await driver.ObserveAsync(definition.Id, cancellation)).Power.ShouldBe(ObservedPower.Off, "a start that failed leaves the machine as it was");
            box.StartsNothing = true;
            Assert.Skip(Missing);
        }
    }

    public Task StopAsync(string machineId, CancellationToken cancellation) => driver.StopAsync(machineId, cancellation);

    public Task KillAsync(string machineId, CancellationToken cancellation) => driver.KillAsync(machineId, cancellation);

    public Task DeleteAsync(string machineId, CancellationToken cancellation) => driver.DeleteAsync(machineId, cancellation);

    public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation) => driver.ObserveAsync(machineId, cancellation);

    public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation) => driver.ListAsync(cancellation);

    private static bool IsMissingModule(string message) =>
        message.Contains("NS_ERROR_FAILURE", StringComparison.Ordinal) && message.Contains("VBoxManage startvm", StringComparison.Ordinal) && !File.Exists("/dev/vboxdrv");
}
