using System.Globalization;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Docker;

namespace Hypervisors.Tests.Docker;

/// <summary>An engine reached over TLS, as one elsewhere: images are uploaded instead of mounted.</summary>
[Collection("docker")]
public sealed class DockerTlsTests(PrivateEngine engine) : IAsyncLifetime
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(engine.Absent is not null, engine.Absent ?? "");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await EngineContents.ShouldBeEmptyAsync(engine);

    [Theory]
    [InlineData("qcow2")]
    [InlineData("iso")]
    public async Task A_machine_lives_on_an_engine_over_TLS_with_an_uploaded_image(string format)
    {
        var (certificate, key) = engine.Authority.Sign(server: false);
        using var driver = new DockerHypervisor(Options(engine.Authority.Pem, certificate, key), TimeProvider.System);
        (await driver.ProbeAsync(Cancellation)).Problems.ShouldBeEmpty();
        var machine = new MachineDefinition
        {
            Id = "tls" + format,
            Name = "tls",
            MemoryMiB = 192,
            Cpus = 1,
            DiskGiB = 1,
            MacAddress = "52:54:00:12:34:57",
            // The tiny disk is no ISO; SeaBIOS finds no CD there and says so, which is enough to see it run.
            Boot = new BootMedium(await TinyImage.PathAsync(), format),
        };
        try
        {
            await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
            await driver.StartAsync(machine, Cancellation);
            await Eventually.TrueAsync("the firmware is seen through the screen", async () => (await driver.ObserveAsync(machine.Id, Cancellation)).FirmwareRan, 240);
            if (format == "qcow2")
            {
                await using var shell = await SerialShell.OpenAsync(driver, machine.Id, 240);
                (await shell.RunAsync("cat /sys/block/vda/size")).ShouldBe("2097152");
            }

            (await driver.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
        }
        finally
        {
            await driver.DeleteAsync(machine.Id, CancellationToken.None);
        }
    }

    [Fact]
    public async Task An_engine_of_another_authority_is_not_spoken_with()
    {
        using var stranger = new TestAuthority();
        var (certificate, key) = engine.Authority.Sign(server: false);
        await ShouldBeUnreachableAsync(Options(stranger.Pem, certificate, key), "certificate");
    }

    [Fact]
    public async Task An_engine_of_another_name_is_not_spoken_with()
    {
        var (certificate, key) = engine.Authority.Sign(server: false);
        var options = Options(engine.Authority.Pem, certificate, key);
        // The certificate is for localhost and 127.0.0.1.
        await ShouldBeUnreachableAsync(options with { Endpoint = new UriBuilder(options.Endpoint) { Host = "127.0.0.2" }.Uri }, "");
    }

    [Fact]
    public async Task A_client_that_the_engine_does_not_know_is_turned_away()
    {
        using var stranger = new TestAuthority();
        var (certificate, key) = stranger.Sign(server: false);
        await ShouldBeUnreachableAsync(Options(engine.Authority.Pem, certificate, key), "");
    }

    private static async Task ShouldBeUnreachableAsync(DockerOptions options, string said)
    {
        using var driver = new DockerHypervisor(options, TimeProvider.System);
        var failure = await Should.ThrowAsync<HypervisorException>(() => driver.ListAsync(Cancellation));
        failure.Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        failure.Message.ShouldContain(said);
        failure.ToString().ShouldNotContain("PRIVATE KEY");
    }

    private DockerOptions Options(string authority, string certificate, string key) => engine.Options() with
    {
        Folder = Path.Combine(engine.Folder, "tls"),
        Endpoint = new Uri(string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{engine.TlsPort}")),
        Authority = authority,
        Certificate = certificate,
        Key = key,
    };
}
