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

    /// <summary>
    /// Brings it, and keeps it from being removed, by whoever deletes the last machine on it, until a container stands on it
    /// and the result is disposed.
    /// </summary>
    internal async Task<HeldBoot> BringAsync(BootMedium medium, CancellationToken cancellation)
    {
        if (!File.Exists(medium.Path))
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: the file {medium.Path} does not exist");
        if (medium.Format == "container")
        {
            var archive = await ImageArchive.OpenAsync(medium.Path, ImageArchive.Machines, cancellation);
            return await BringAsync(new BootSource(medium.Format, archive.Tag, null, null), () => images.EnsureAsync(archive, cancellation), cancellation);
        }

        var runner = await images.RunnerAsync(cancellation);
        if (options.IsLocal) return new HeldBoot(new BootSource(medium.Format, runner, medium.Path, null), null);
        var content = await DigestAsync(medium.Path, cancellation);
        var boot = new BootSource(medium.Format, runner, null, "warren-image-" + content);
        return await BringAsync(boot, () => UploadAsync(medium.Path, boot, content, cancellation), cancellation);
    }

    /// <summary>Keeps what is there from being removed; <see cref="ForgetAsync"/> is called under it.</summary>
    internal async Task<HeldBoot> HoldAsync(BootSource boot, CancellationToken cancellation) =>
        // Where nothing was brought nothing is ever removed.
        new(boot, (boot.Volume ?? (boot.Format == "container" ? boot.Image : null)) is { } brought
            ? await Gates.EnterAsync(options.Place, "image " + brought, cancellation) : null);

    /// <summary>Removes what was brought for machines that are gone.</summary>
    internal async Task ForgetAsync(BootSource boot, CancellationToken cancellation)
    {
        if (boot.Volume is { } volume) await volumes.RemoveUnusedAsync(volume, cancellation);
        if (boot.Format == "container") await images.RemoveUnusedAsync(boot.Image, cancellation);
    }

    private async Task<HeldBoot> BringAsync(BootSource boot, Func<Task> bring, CancellationToken cancellation)
    {
        var held = await HoldAsync(boot, cancellation);
        try
        {
            await bring();
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private async Task UploadAsync(string path, BootSource boot, string content, CancellationToken cancellation)
    {
        await volumes.EnsureForImageAsync(boot.Volume!, content, cancellation);
        var mounts = new JsonArray(MachineSpec.Mount("volume", boot.Volume!, StoragePaths.BaseFolder, readOnly: false));
        var there = await helpers.RunAsync(new HelperJob(boot.Image, "test -s /base/disk") { Mounts = mounts }, cancellation);
        if (there.ExitCode == 0) return;
        // Under its own name only when it is whole.
        await helpers.RequireAsync("upload", new HelperJob(boot.Image, "mv /base/part /base/disk")
        {
            Mounts = mounts,
            Uploads = [new Upload(StoragePaths.BaseFolder, "part", () => File.OpenRead(path))],
        }, cancellation);
    }

    private async Task<string> DigestAsync(string path, CancellationToken cancellation)
    {
        // Machines that are made at once wait for the one reading.
        using var turn = await Gates.EnterAsync(options.Place, "digests", cancellation);
        var file = new FileInfo(path);
        var key = (path, file.Length, file.LastWriteTimeUtc);
        if (_digests.TryGetValue(key, out var known)) return known;
        await using var content = File.OpenRead(path);
        return _digests[key] = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
    }
}

/// <summary>A boot source that stays where it is until this is disposed.</summary>
internal sealed record HeldBoot(BootSource Source, IDisposable? Hold) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Hold?.Dispose();
}
