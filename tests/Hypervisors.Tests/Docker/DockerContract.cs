using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Docker;

namespace Hypervisors.Tests.Docker;

/// <summary>The contract on a real dockerd.</summary>
[Collection("docker")]
public sealed partial class DockerContract(PrivateEngine engine) : HypervisorContract
{
    private BootMedium _image = null!;

    protected override BootMedium Image => _image;

    protected override bool RefusalsAreSure => false;

    private DockerOptions Options => engine.Options();

    protected override IHypervisor NewDriver() => new DockerHypervisor(Options, TimeProvider.System);

    protected override IHypervisor NewUnreachableDriver() =>
        new DockerHypervisor(Options with { Endpoint = new Uri(Options.Endpoint + ".none") }, TimeProvider.System);

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(engine.Absent is not null, engine.Absent ?? "");
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        await base.InitializeAsync();
    }

    protected override void NothingIsLeft() => EngineContents.ShouldBeEmptyAsync(engine).GetAwaiter().GetResult();
}
