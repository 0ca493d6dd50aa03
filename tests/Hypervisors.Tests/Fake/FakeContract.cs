using Hypervisors.Tests.Contract;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;

namespace Hypervisors.Tests.Fake;

/// <summary>The imitation keeps the same contract, with its machines in files as a restarted server finds them.</summary>
public sealed class FakeContract : HypervisorContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-fake-").FullName;
    private FakeHypervisor? _other;

    protected override BootMedium Image { get; } = new(typeof(FakeContract).Assembly.Location, "raw");

    protected override IHypervisor NewDriver() => New("machines");

    protected override IHypervisor NewUnreachableDriver()
    {
        File.WriteAllText(Path.Combine(_folder, "away"), "a file where the folder should be");
        return New("away");
    }

    protected override IHypervisor OtherHost() => _other ??= New("other");

    protected override Task<Stranger?> MakeStrangerAsync()
    {
        const string Name = "stranger";
        var owner = New("machines");
        owner.PutForeign(Name, Define());
        return Task.FromResult<Stranger?>(new Stranger(
            Name,
            async () => (await owner.ListAsync(Cancellation)).Single(m => m.NativeName == Name).Power == ObservedPower.On,
            () =>
            {
                owner.RemoveForeign(Name);
                return Task.CompletedTask;
            }));
    }

    protected override IAsyncDisposable Connect(MachineDefinition machine, int port) => new ImitatedConnection((FakeHypervisor)Driver, machine.Id);

    protected override Task CopyAsync(MachineDefinition machine, string text) => ImitatedClipboard.CopyAsync(Driver, machine.Id, text);

    protected override Task<string> PastedAsync(MachineDefinition machine) => ImitatedClipboard.PastedAsync(Driver, machine.Id);

    protected override void NothingIsLeft()
    {
        File.Delete(Path.Combine(_folder, "away"));
        foreach (var host in Directory.EnumerateDirectories(_folder).Where(d => Path.GetFileName(d) == "machines"))
            Directory.EnumerateFiles(host).Where(f => Path.GetFileName(f).StartsWith('m')).ShouldBeEmpty();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).ShouldBeEmpty();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private FakeHypervisor New(string name) => new(new FakeOptions { Folder = Path.Combine(_folder, name) }, TimeProvider.System);
}
