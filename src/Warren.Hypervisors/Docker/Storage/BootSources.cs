using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Images;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Storage;

/// <summary>
/// Brings what a machine boots from to the engine: a file that the engine sees is mounted where it lies, read-only; for
/// an engine elsewhere it is uploaded once, by its content; a container image is loaded.
/// </summary>
internal sealed class BootSources(DockerOptions options, Volumes volumes, HelperContainers helpers, ContainerImages images)
{
    // Files of the store are written once; hashing one again for each machine would cost seconds a gigabyte.
    private readonly Dictionary<(string Path, long Length, DateTime Written), string> _digests = [];

    internal async Task<BootSource> BringAsync(BootMedium medium, CancellationToken cancellation)
    {
        if (!File.Exists(medium.Path))
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: the file {medium.Path} does not exist");
        if (medium.Format == "container") return new BootSource(medium.Format, await images.LoadMachineAsync(medium.Path, cancellation), null, null);
        var runner = await images.RunnerAsync(cancellation);
        return options.IsLocal
            ? new BootSource(medium.Format, runner, medium.Path, null)
            : new BootSource(medium.Format, runner, null, await UploadAsync(medium.Path, runner, cancellation));
    }

    /// <summary>
    /// Keeps what was brought from being removed, by whoever deletes the last machine on it, until a container stands on it;
    /// <see cref="ForgetAsync"/> is called under it. Null where nothing is ever removed.
    /// </summary>
    internal async Task<IDisposable?> HoldAsync(BootSource boot, CancellationToken cancellation) =>
        (boot.Volume ?? (boot.Format == "container" ? boot.Image : null)) is { } brought
            ? await Gates.EnterAsync(options.Place, "image " + brought, cancellation) : null;

    /// <summary>Removes what was brought for machines that are gone.</summary>
    internal async Task ForgetAsync(BootSource boot, CancellationToken cancellation)
    {
        if (boot.Volume is { } volume) await volumes.RemoveUnusedAsync(volume, cancellation);
        if (boot.Format == "container") await images.RemoveUnusedAsync(boot.Image, cancellation);
    }

    private async Task<string> UploadAsync(string path, string runner, CancellationToken cancellation)
    {
        using var turn = await Gates.EnterAsync(options.Place, "uploads", cancellation);
        var content = await DigestAsync(path, cancellation);
        var volume = "warren-image-" + content;
        await volumes.EnsureForImageAsync(volume, content, cancellation);
        var mounts = new JsonArray(MachineSpec.Mount("volume", volume, StoragePaths.BaseFolder, readOnly: false));
        var there = await helpers.RunAsync(new HelperJob(runner, "test -s /base/disk") { Mounts = mounts }, cancellation);
        if (there.ExitCode == 0) return volume;
        // Under its own name only when it is whole.
        await helpers.RequireAsync("upload", new HelperJob(runner, "mv /base/part /base/disk")
        {
            Mounts = mounts,
            Uploads = [new Upload(StoragePaths.BaseFolder, "part", () => File.OpenRead(path))],
        }, cancellation);
        return volume;
    }

    private async Task<string> DigestAsync(string path, CancellationToken cancellation)
    {
        var file = new FileInfo(path);
        var key = (path, file.Length, file.LastWriteTimeUtc);
        if (_digests.TryGetValue(key, out var known)) return known;
        await using var content = File.OpenRead(path);
        return _digests[key] = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
    }
}
