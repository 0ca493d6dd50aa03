using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Fake;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Hypervisors.Guard;

namespace Hypervisors.Tests.Guard;

/// <summary>A driver behind its guard keeps the contract as it does without.</summary>
public sealed class GuardedFakeContract : HypervisorContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-guarded-").FullName;

    private FakeHypervisor? _first;

    protected override BootMedium Image { get; } = new(typeof(GuardedFakeContract).Assembly.Location, "raw");

    protected override IHypervisor NewDriver()
    {
        var inner = new FakeHypervisor(new FakeOptions { Folder = Path.Combine(_folder, "machines") }, TimeProvider.System);
        _first ??= inner;
        return new HostGuard("h", inner, new CallLimits(), 8, TimeProvider.System).Driver;
    }

    protected override IAsyncDisposable Connect(MachineDefinition machine, int port) => new ImitatedConnection(_first!, machine.Id);

    protected override Task CopyAsync(MachineDefinition machine, string text) => ImitatedClipboard.CopyAsync(Driver, machine.Id, text);

    protected override Task<string> PastedAsync(MachineDefinition machine) => ImitatedClipboard.PastedAsync(Driver, machine.Id);

    protected override void NothingIsLeft() => Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).ShouldBeEmpty();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
