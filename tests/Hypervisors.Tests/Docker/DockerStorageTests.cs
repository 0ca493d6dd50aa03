using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Docker;
using Warren.Hypervisors.Docker.Engine;

namespace Hypervisors.Tests.Docker;

/// <summary>Golden storage and its clones, whole machines as container images, and what is not ours.</summary>
public sealed partial class DockerContract
{
    private const string WriteAt = "dd of=/dev/vda bs=512 conv=fsync seek=";

    [Fact]
    [Trait("Length", "long")]
    public async Task Clones_of_a_golden_machine_share_no_byte_that_is_written()
    {
        var golden = await StartAsync();
        await using (var shell = await SerialShell.OpenAsync(Driver, golden.Id, SecondsToBoot))
            await shell.RunAsync($"echo golden | {WriteAt}1000000 2> /dev/null");
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.Clones!.CloneAsync(golden.Id, Define(), new Progress<double>(), Cancellation));
        await Driver.StopAsync(golden.Id, Cancellation);
        await ShouldBeAsync(golden, ObservedPower.Off, SecondsToBoot);
        var image = await DigestAsync(Image.Path);
        var frozen = await DigestAsync(DiskOf(golden));

        var clones = new[] { Define(), Define() };
        foreach (var clone in clones)
        {
            for (var i = 0; i < 2; i++) await Driver.Clones!.CloneAsync(golden.Id, clone, new Progress<double>(), Cancellation);
            (await LookAsync(clone)).Power.ShouldBe(ObservedPower.Off);
            await Driver.StartAsync(clone, Cancellation);
            await using var shell = await SerialShell.OpenAsync(Driver, clone.Id, SecondsToBoot);
            (await ReadAsync(shell, 1000000)).ShouldStartWith("golden");
            await shell.RunAsync($"echo {clone.Id}X | {WriteAt}1000000 2> /dev/null");
            await shell.RunAsync($"echo {clone.Id}Y | {WriteAt}1200000 2> /dev/null");
        }

        (await DigestAsync(DiskOf(golden))).ShouldBe(frozen, "no clone writes into the golden storage");
        (await DigestAsync(Image.Path)).ShouldBe(image, "nobody writes into the image");
        await Driver.StartAsync(golden, Cancellation);
        await using (var shell = await SerialShell.OpenAsync(Driver, golden.Id, SecondsToBoot))
        {
            (await ReadAsync(shell, 1000000)).ShouldStartWith("golden");
            (await ReadAsync(shell, 1200000)).ShouldStartWith("....", customMessage: "nothing was written there");
            await shell.RunAsync($"echo after | {WriteAt}1300000 2> /dev/null");
        }

        foreach (var clone in clones)
        {
            await using var shell = await SerialShell.OpenAsync(Driver, clone.Id, SecondsToBoot);
            await shell.RunAsync("echo 3 > /proc/sys/vm/drop_caches");
            (await ReadAsync(shell, 1000000)).ShouldStartWith(clone.Id + "X");
            (await ReadAsync(shell, 1200000)).ShouldStartWith(clone.Id + "Y");
            (await ReadAsync(shell, 1300000)).ShouldStartWith("....", customMessage: "nor does a clone see what the golden machine writes later");
        }

        (await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.Clones!.CloneAsync("nobody", Define(), new Progress<double>(), Cancellation))).Message.ShouldContain("nobody");
        NothingButMachines();
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_whole_machine_as_a_container_image_runs_with_its_options_and_takes_no_name_away()
    {
        var (archive, foreign) = await WholeMachineAsync();
        var shared = Directory.CreateDirectory(Path.Combine(engine.Folder, "shares", "for 'one', of: two")).FullName;
        var options = Options with { SharedFolders = [Path.Combine(engine.Folder, "shares")] };
        var driver = new DockerHypervisor(options, TimeProvider.System);
        var machine = Define() with
        {
            Boot = new BootMedium(archive, "container"),
            Options = new Dictionary<string, string>(StringComparer.Ordinal) { ["version"] = "11", ["oemFolder"] = shared, ["sharedFolder"] = shared },
        };
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await driver.StartAsync(machine, Cancellation);
        await using (var shell = await SerialShell.OpenAsync(driver, machine.Id, SecondsToBoot))
            await shell.RunAsync($"echo whole | {WriteAt}1000000 2> /dev/null");
        (await LogAsync(machine)).ShouldContain("> Version 11");
        var mounts = (await InspectAsync(machine))["Mounts"]!.AsArray().ToDictionary(m => (string)m!["Destination"]!, m => (string?)m!["Source"]);
        mounts["/oem"].ShouldBe(shared);
        mounts["/shared"].ShouldBe(shared);

        using var client = engine.Client();
        (await client.GetAsync("/images/somebody%2Felse/json", Cancellation)).Require("image")["Id"]!.ToString().ShouldBe(foreign, "the archive has that name too, and does not get it");
        await Driver.KillAsync(machine.Id, Cancellation);
        var clone = Define() with { Boot = machine.Boot };
        await driver.Clones!.CloneAsync(machine.Id, clone, new Progress<double>(), Cancellation);
        await driver.StartAsync(clone, Cancellation);
        await using (var shell = await SerialShell.OpenAsync(driver, clone.Id, SecondsToBoot))
            (await ReadAsync(shell, 1000000)).ShouldStartWith("whole");
        await driver.DeleteAsync(machine.Id, Cancellation);
        (await ImagesAsync(client)).ShouldContain(t => t.StartsWith("warren-machine:", StringComparison.Ordinal), "the clone stands on it");
        await driver.DeleteAsync(clone.Id, Cancellation);
        (await ImagesAsync(client)).ShouldNotContain(t => t.StartsWith("warren-machine:", StringComparison.Ordinal));
        (await client.DeleteAsync("/images/somebody%2Felse", Cancellation)).Insist("tidy up");
        File.Delete(archive);
    }

    [Fact]
    public async Task What_is_not_ours_is_listed_and_never_touched()
    {
        using var client = engine.Client();
        var machine = Define();
        // The very names that this machine's things would have.
        var body = new JsonObject { [nameof(Image)] = (await RunnerTagAsync(client))!, ["Entrypoint"] = new JsonArray("/bin/sh", "-c", "read line"), ["OpenStdin"] = true };
        var id = (string)(await client.PostAsync($"/containers/create?name=warren-{machine.Id}", body, Cancellation)).Require("create")["Id"]!;
        try
        {
            (await client.PostAsync($"/containers/{id}/start", null, Cancellation)).Insist("start");
            (await Driver.ListAsync(Cancellation)).ShouldContain(m => m.NativeName == "warren-" + machine.Id && m.MachineId == null && m.Power == ObservedPower.On);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
            (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine))).Message.ShouldContain("not ours");
            await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.StartAsync(machine, Cancellation));
            await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.KillAsync(machine.Id, Cancellation));
            await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.Serial!.OpenAsync(machine.Id, Cancellation));
            await Driver.DeleteAsync(machine.Id, Cancellation);
            // Nor what another server made with the same id.
            await new DockerHypervisor(engine.Options("another"), TimeProvider.System).DeleteAsync(machine.Id, Cancellation);
            ((string)(await client.GetAsync($"/containers/{id}/json", Cancellation)).Require("inspect")["State"]!["Status"]!).ShouldBe("running");
        }
        finally
        {
            (await client.DeleteAsync($"/containers/{id}?force=1&v=1", Cancellation)).Insist("tidy up");
        }
    }

    [Theory]
    [InlineData("/etc", "must be below")]
    [InlineData("relative", "absolute")]
    [InlineData("{shares}/../..", "canonical")]
    [InlineData("{shares}2", "must be below")]
    [InlineData("{shares}/missing", "does not exist")]
    [InlineData("{shares}/link", "symbolic link")]
    [InlineData("{shares}/link/ssl", "symbolic link")]
    public async Task A_folder_that_the_host_does_not_share_is_refused(string path, string rule)
    {
        var shares = Directory.CreateDirectory(Path.Combine(engine.Folder, "shares")).FullName;
        if (!Path.Exists(Path.Combine(shares, "link"))) File.CreateSymbolicLink(Path.Combine(shares, "link"), "/etc");
        var driver = new DockerHypervisor(Options with { SharedFolders = [shares] }, TimeProvider.System);
        var machine = Define() with { Options = new Dictionary<string, string>(StringComparer.Ordinal) { ["sharedFolder"] = path.Replace("{shares}", shares, StringComparison.Ordinal) } };
        (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => driver.CreateAsync(machine, new Progress<double>(), Cancellation))).Message.ShouldContain(rule);
    }

    private string DiskOf(MachineDefinition machine) => Path.Combine(engine.Folder, "data", "volumes", "warren-" + machine.Id, "_data", "data.qcow2");

    private static async Task<string> DigestAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexString(await SHA256.HashDataAsync(file, Cancellation));
    }

    private static Task<string> ReadAsync(SerialShell shell, int sector) =>
        shell.RunAsync($"dd if=/dev/vda bs=512 skip={sector} count=1 2> /dev/null | head -c 12 | tr '\\0\\n' '..'");

    /// <summary>Pieces of work leave no containers behind.</summary>
    private void NothingButMachines() => Driver.ListAsync(Cancellation).GetAwaiter().GetResult().ShouldAllBe(m => m.MachineId != null);

    /// <summary>The runner with a disk in it, saved by the engine itself under a name that another image then gets.</summary>
    private async Task<(string Archive, string Foreign)> WholeMachineAsync()
    {
        using var client = engine.Client();
        var runner = (await RunnerTagAsync(client))!;
        var id = (string)(await client.PostAsync("/containers/create", new JsonObject { [nameof(Image)] = runner }, Cancellation)).Require("create")["Id"]!;
        var put = new Request(HttpMethod.Put, $"/containers/{id}/archive?path=/")
        {
            Archive = async (stream, token) =>
            {
                await using var tar = new System.Formats.Tar.TarWriter(stream, leaveOpen: true);
                await tar.WriteEntryAsync(Image.Path, "boot.qcow2", token);
            },
        };
        (await client.SendAsync(put, Cancellation)).Insist("put");
        (await client.PostAsync($"/commit?container={id}&repo=somebody/else&changes={Request.Escape("ENV BOOT_MODE=legacy")}", new JsonObject(), Cancellation)).Insist("commit");
        var archive = Path.Combine(engine.Folder, "whole.tar");
        await using (var saved = await client.OpenAsync(new Request(HttpMethod.Get, "/images/somebody%2Felse/get"), Cancellation))
        await using (var file = File.Create(archive))
            await saved.CopyToAsync(file, Cancellation);
        (await client.DeleteAsync($"/containers/{id}?v=1", Cancellation)).Insist("tidy up");
        (await client.DeleteAsync("/images/somebody%2Felse", Cancellation)).Insist("tidy up");
        (await client.PostAsync($"/images/{Request.Escape(runner)}/tag?repo=somebody/else&tag=latest", null, Cancellation)).Insist("tag");
        return (archive, (string)(await client.GetAsync("/images/somebody%2Felse/json", Cancellation)).Require("image")["Id"]!);
    }

    private async Task<string?> RunnerTagAsync(EngineClient client)
    {
        await Driver.ProbeAsync(Cancellation);
        return (await ImagesAsync(client)).First(t => t.StartsWith("warren-runner:", StringComparison.Ordinal));
    }

    private static async Task<string[]> ImagesAsync(EngineClient client) =>
        [.. ((await client.GetAsync("/images/json", Cancellation)).Require("images") as JsonArray)!.SelectMany(i => i!["RepoTags"] as JsonArray ?? []).Select(t => (string)t!)];
}
