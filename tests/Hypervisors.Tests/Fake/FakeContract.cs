using Hypervisors.Tests.Contract;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;

namespace Hypervisors.Tests.Fake;

/// <summary>The imitation keeps the same contract, with its machines in files as a restarted server finds them.</summary>
public sealed class FakeContract : HypervisorContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-fake-").FullName;

    protected override BootMedium Image { get; } = new(typeof(FakeContract).Assembly.Location, "raw");

    protected override IHypervisor NewDriver() =>
        new FakeHypervisor(new FakeOptions { Folder = Path.Combine(_folder, "machines") }, TimeProvider.System);

    protected override void NothingIsLeft() => Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).ShouldBeEmpty();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
