using System.Diagnostics;
using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Docker;
using Warren.Hypervisors.Docker.Consoles;

namespace Hypervisors.Tests.Docker;

/// <summary>What is sent to an engine, byte by byte, and what becomes of answers that are none.</summary>
public sealed class DockerRequestTests : IAsyncDisposable
{
    private const string Hostile = "/srv/a'b\"c,d:e;$(reboot)`x`\\ ü --privileged";

    private readonly FakeEngine _engine = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Hostile_paths_and_texts_are_values_of_the_JSON_body_and_nothing_else()
    {
        var image = Path.Combine(_engine.Folder, "image,ro=1:z'\"$(x).qcow2");
        await File.WriteAllTextAsync(image, "x", Cancellation);
        var shared = Directory.CreateDirectory(Path.Combine(_engine.Folder, Hostile[5..])).FullName;
        using var driver = Driver(o => o with { SharedFolders = [_engine.Folder] });
        var definition = Define(image) with
        {
            Options = new Dictionary<string, string>(StringComparer.Ordinal) { ["sharedFolder"] = shared },
            Forwards = [new("udp", "127.0.0.1", 5353, 53), new("tcp", "127.0.0.1", 2222, 22)],
        };
        await driver.CreateAsync(definition, new Progress<double>(), Cancellation);

        var bodies = _engine.Seen.Where(r => r.Target.StartsWith("/v1.41/containers/create", StringComparison.Ordinal)).ToArray();
        bodies.Length.ShouldBe(2, "one that makes the disk, and the machine");
        var helper = JsonNode.Parse(bodies[0].Body)!;
        helper["HostConfig"]!["NetworkMode"]!.ToString().ShouldBe("none");
        helper["HostConfig"]!["Mounts"]!.AsArray().Select(m => (string)m!["Source"]!).ShouldBe(["warren-m1", image]);
        helper["Cmd"]!.AsArray().Skip(1).Select(a => (string)a!).ShouldBe(["sh", "qcow2", "8"]);
        helper["Cmd"]![0]!.ToString().ShouldNotContain(image);

        bodies[1].Target.ShouldBe("/v1.41/containers/create?name=warren-m1");
        var body = JsonNode.Parse(bodies[1].Body)!;
        var mounts = body["HostConfig"]!["Mounts"]!.AsArray();
        mounts.Select(m => $"{m!["Type"]} {m["Source"]} {m["Target"]} {m["ReadOnly"]}").ShouldBe(
            ["volume warren-m1 /storage false", $"bind {image} /base/disk true", $"bind {shared} /shared false"]);
        body["HostConfig"]!["Binds"].ShouldBeNull("the colon-separated form could be read as options");
        body["HostConfig"]!["Privileged"].ShouldBeNull();
        body["HostConfig"]!["CapAdd"]!.AsArray().ShouldBeEmpty();
        body["HostConfig"]!["Devices"]!.AsArray().ShouldBeEmpty();
        body["HostConfig"]!["PortBindings"]!.ToJsonString().ShouldBe(
            """{"8006/tcp":[{"HostIp":"127.0.0.1","HostPort":""}],"3389/tcp":[{"HostIp":"127.0.0.1","HostPort":""}],"53/udp":[{"HostIp":"127.0.0.1","HostPort":"5353"}],"22/tcp":[{"HostIp":"127.0.0.1","HostPort":"2222"}]}""");
        string[] environment = [.. body["Env"]!.AsArray().Select(e => (string)e!)];
        environment.ShouldBe(
        [
            "RAM_SIZE=512M", "CPU_CORES=2", "MAC=52:54:00:12:34:56", "HOST=web", "KVM=N", "NETWORK=user", "USER_PORTS=53/udp,22/tcp,3389/tcp",
            "SERIAL=stdio", "TIMEOUT=115", "ARGUMENTS=", "DISK_SIZE=8G", "DISK_FMT=qcow2", "BOOT_MODE=legacy", "VGA=std",
        ]);
        body["StopTimeout"]!.ToString().ShouldBe("120");
        body["Labels"]!["dev.warren.machine"]!.ToString().ShouldBe("m1");
        body["Labels"]!["dev.warren.host"]!.ToString().ShouldBe("test");
    }

    [Fact]
    public async Task Proven_KVM_and_tap_are_handed_in_with_the_right_that_they_need()
    {
        var image = Path.Combine(_engine.Folder, "image.iso");
        await File.WriteAllTextAsync(image, "x", Cancellation);
        using var driver = Driver(o => o with { Accelerator = "kvm", Network = "nat" });
        await driver.CreateAsync(Define(image) with { Boot = new BootMedium(image, "iso"), Firmware = Firmware.Uefi, Video = VideoCard.Virtio, Ephemeral = true }, new Progress<double>(), Cancellation);
        var body = JsonNode.Parse(_engine.Seen.Single(r => r.Target.StartsWith("/v1.41/containers/create", StringComparison.Ordinal)).Body)!;
        body["HostConfig"]!["Devices"]!.AsArray().Select(d => (string)d!["PathOnHost"]!).ShouldBe(["/dev/kvm", "/dev/net/tun"]);
        body["HostConfig"]!["CapAdd"]!.AsArray().Select(c => (string)c!).ShouldBe(["NET_ADMIN"]);
        body["HostConfig"]!["Mounts"]![1]!["Target"]!.ToString().ShouldBe("/boot.iso");
        string[] environment = [.. body["Env"]!.AsArray().Select(e => (string)e!)];
        environment.ShouldContain("KVM=Y");
        environment.ShouldContain("NETWORK=Y");
        environment.ShouldContain("BOOT_MODE=uefi");
        environment.ShouldContain("VGA=virtio");
        environment.ShouldContain("ARGUMENTS=-snapshot");
    }

    [Theory]
    [InlineData("hang")]
    [InlineData("drop")]
    [InlineData("rubbish")]
    [InlineData("half")]
    [InlineData("no engine")]
    [InlineData("gateway")]
    [InlineData("endless head")]
    public async Task An_answer_that_is_none_is_Unreachable_within_the_limit_and_the_next_call_recovers(string how)
    {
        using var driver = Driver(o => o with { Timeout = TimeSpan.FromSeconds(2) });
        (await driver.ListAsync(Cancellation)).ShouldBeEmpty();
        _engine.Answer = how switch
        {
            "hang" => _ => null,
            "drop" => _ => [],
            "rubbish" => _ => "this is no HTTP\r\n\r\n\0\0"u8.ToArray(),
            "half" => _ => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{\"Id\":"u8.ToArray(),
            "no engine" => _ => FakeEngine.Json(200, "<html>It works!</html>"),
            "gateway" => _ => FakeEngine.Json(502, "<html>bad gateway</html>"),
            _ => _ => [.. "HTTP/1.1 200 OK\r\nX: "u8, .. new byte[1 << 20].Select(_ => (byte)'x')],
        };
        var clock = Stopwatch.StartNew();
        var failure = await Should.ThrowAsync<HypervisorException>(() => driver.ListAsync(Cancellation));
        failure.Kind.ShouldBe(HypervisorErrorKind.Unreachable, failure.Message);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        _engine.Answer = FakeEngine.Engine;
        (await driver.ListAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_socket_is_Unreachable()
    {
        using var driver = Driver(o => o with { Endpoint = new Uri("unix:///nowhere/docker.sock") });
        (await Should.ThrowAsync<HypervisorException>(() => driver.ListAsync(Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
    }

    [Fact]
    public async Task An_engine_that_is_too_old_is_Unsupported()
    {
        _engine.Answer = _ => FakeEngine.Json(200, """{"Version":"18.09","ApiVersion":"1.39","MinAPIVersion":"1.12"}""");
        using var driver = Driver(o => o);
        (await Should.ThrowAsync<HypervisorException>(() => driver.ListAsync(Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Unsupported);
    }

    [Theory]
    [InlineData(404, "No such container: warren-m1", HypervisorErrorKind.NotFound)]
    [InlineData(409, "removal of container is already in progress", HypervisorErrorKind.Busy)]
    [InlineData(500, "driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:8080 failed: port is already allocated", HypervisorErrorKind.Busy)]
    [InlineData(500, "driver failed: Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in use", HypervisorErrorKind.Busy)]
    [InlineData(500, "write /x: no space left on device", HypervisorErrorKind.Rejected)]
    [InlineData(400, "invalid mount config", HypervisorErrorKind.Rejected)]
    [InlineData(503, "shutting down", HypervisorErrorKind.Unreachable)]
    public async Task A_refused_start_is_of_the_kind_that_its_status_says(int status, string message, HypervisorErrorKind kind)
    {
        using var driver = Driver(o => o);
        var image = Path.Combine(_engine.Folder, "image.qcow2");
        await File.WriteAllTextAsync(image, "x", Cancellation);
        await driver.CreateAsync(Define(image), new Progress<double>(), Cancellation);
        var labels = JsonNode.Parse(_engine.Seen.Last(r => r.Target.StartsWith("/v1.41/containers/create", StringComparison.Ordinal)).Body)!["Labels"]!.ToJsonString();
        _engine.Answer = request =>
            request.Target.EndsWith("/containers/warren-m1/json", StringComparison.Ordinal) ? FakeEngine.Json(200, """{"Id":"0123456789abcdef","State":{"Status":"created"},"Config":{"Labels":""" + labels + "}}")
            : request.Target.EndsWith("/start", StringComparison.Ordinal) ? FakeEngine.Json(status, new JsonObject { ["message"] = message }.ToJsonString())
            : FakeEngine.Engine(request);
        var failure = await Should.ThrowAsync<HypervisorException>(() => driver.StartAsync(Define(image), Cancellation));
        failure.Kind.ShouldBe(kind, failure.Message);
        if (kind == HypervisorErrorKind.Busy && status == 500) failure.Message.ShouldContain("8080");
    }

    [Theory]
    [InlineData("version", "11; reboot")]
    [InlineData("version", "$(id)")]
    [InlineData("version", "-x")]
    [InlineData("manual", "perhaps")]
    [InlineData("colour", "red")]
    public async Task An_option_that_is_not_plain_is_refused(string name, string value)
    {
        using var driver = Driver(o => o);
        var image = Path.Combine(_engine.Folder, "image.tar");
        await File.WriteAllTextAsync(image, "x", Cancellation);
        var definition = Define(image) with { Boot = new BootMedium(image, "container"), Options = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value } };
        var failure = await Should.ThrowAsync<HypervisorException>(() => driver.CreateAsync(definition, new Progress<double>(), Cancellation));
        failure.Kind.ShouldBe(HypervisorErrorKind.Rejected);
        failure.Message.ShouldContain(name);
        _engine.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_that_is_no_archive_of_an_image_is_refused()
    {
        using var driver = Driver(o => o);
        var image = Path.Combine(_engine.Folder, "image.tar");
        foreach (var content in new byte[][] { [], "rubbish"u8.ToArray(), new byte[4096], [0x1F, 0x8B, 1, 2, 3] })
        {
            await File.WriteAllBytesAsync(image, content, Cancellation);
            var failure = await Should.ThrowAsync<HypervisorException>(() => driver.CreateAsync(
                Define(image) with { Boot = new BootMedium(image, "container") }, new Progress<double>(), Cancellation));
            failure.Kind.ShouldBe(HypervisorErrorKind.Rejected);
            failure.Message.ShouldContain("boot.path");
        }
    }

    [Theory]
    [InlineData("endpoint", "http://x")]
    [InlineData("endpoint", "unix://relative/x")]
    [InlineData("endpoint", "tcp://x:2376/path")]
    [InlineData("endpoint", "tcp://x:2376")]
    [InlineData("accelerator", "hope")]
    [InlineData("publishAddress", "::1")]
    [InlineData("sharedFolders:0", "/")]
    [InlineData("sharedFolders:0", "/a/../b")]
    [InlineData("runnerImage", "a b")]
    [InlineData("stopGrace", "00:00:01")]
    public void A_wrong_setting_is_refused_by_name(string name, string value)
    {
        var failure = Should.Throw<HypervisorException>(() => DockerKind.Kind.Connect(new HostConnection
        {
            Host = "test",
            Folder = "/nowhere",
            Settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [name] = value },
        }));
        failure.Kind.ShouldBe(HypervisorErrorKind.Rejected);
        failure.Message.ShouldStartWith("settings.");
    }

    [Theory]
    [InlineData("❯ Downloading Windows 11...\n[    1.0] kernel\n", "Downloading Windows 11...")]
    [InlineData("\u001b[1;32m❯ Building Windows 11 image...\u001b[0m\r\n", "Building Windows 11 image...")]
    [InlineData("> Starting\nroot@x:~# echo > file\n", "Starting")]
    [InlineData("nothing of that kind", null)]
    [InlineData("", null)]
    public void The_last_step_is_read_from_a_log(string log, string? step) => DockerInstallation.LastStep(log).ShouldBe(step);

    private DockerHypervisor Driver(Func<DockerOptions, DockerOptions> change) => new(change(new DockerOptions
    {
        Host = "test",
        Folder = Path.Combine(_engine.Folder, "server"),
        Endpoint = new Uri("unix://" + _engine.Socket),
        Accelerator = "tcg",
        Network = "user",
    }), TimeProvider.System);

    private static MachineDefinition Define(string image) => new()
    {
        Id = "m1",
        Name = "web",
        MemoryMiB = 512,
        Cpus = 2,
        DiskGiB = 8,
        MacAddress = "52:54:00:12:34:56",
        Boot = new BootMedium(image, "qcow2"),
    };
}
