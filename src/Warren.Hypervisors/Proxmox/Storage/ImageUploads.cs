using System.Security.Cryptography;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Storage;

/// <summary>
/// Brings images to the image storage, once by their content, and seeds, one for each machine. Uploads of the content type
/// <c>import</c> are there from Proxmox VE 8.4 on; ISOs always were.
/// </summary>
internal sealed class ImageUploads(ProxmoxClient client, ProxmoxTasks tasks, ProxmoxOptions options)
{
    // Files of the store are written once; hashing one again for each machine would cost seconds a gigabyte.
    private readonly Dictionary<(string Path, long Length, DateTime Written), string> _digests = [];

    /// <summary>Brings what a machine boots from.</summary>
    /// <returns>Its volume: <c>local:import/warren-….qcow2</c>.</returns>
    internal async Task<string> BringAsync(string node, BootMedium medium, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var turn = await Gates.EnterAsync(options.Place, "image " + medium.Path, cancellation);
        var digest = await DigestAsync(medium.Path, cancellation);
        var (content, extension) = medium.Format == "iso" ? ("iso", "iso") : ("import", medium.Format);
        var name = $"warren-{digest}.{extension}";
        var volume = $"{options.ImageStorage}:{content}/{name}";
        if ((await VolumesAsync(node, content, cancellation)).Contains(volume)) return volume;
        await SendAsync(node, content, name, digest, medium.Path, progress, cancellation);
        return volume;
    }

    /// <summary>Makes a seed and brings it, in place of one that is there. It may hold secrets: who may read ISOs of that storage can read it.</summary>
    internal async Task<string> BringSeedAsync(string node, string id, CloudInitSeed seed, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(options.Folder);
        else Directory.CreateDirectory(options.Folder, OwnerOnly.Folder);
        var path = Path.Combine(options.Folder, SeedName(id));
        try
        {
            await new SeedIso(new CommandRunner()).WriteAsync(seed, path, cancellation);
            await using var file = File.OpenRead(path);
            await SendAsync(node, "iso", SeedName(id), Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)), path, null, cancellation);
            return $"{options.ImageStorage}:iso/{SeedName(id)}";
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Removes a machine's seed; none is success.</summary>
    internal async Task RemoveSeedAsync(string node, string id, CancellationToken cancellation)
    {
        var volume = $"{options.ImageStorage}:iso/{SeedName(id)}";
        if (!(await VolumesAsync(node, "iso", cancellation)).Contains(volume)) return;
        var answer = await client.ChangeAsync(HttpMethod.Delete, Form.Path("nodes", node, "storage", options.ImageStorage, "content", volume), null, cancellation);
        if (answer is not null) await tasks.WaitAsync(ProxmoxTasks.Require(answer), null, cancellation);
    }

    private static string SeedName(string id) => $"warren-seed-{id}.iso";

    private async Task<HashSet<string>> VolumesAsync(string node, string content, CancellationToken cancellation) =>
        [.. Fields.List(await client.GetAsync(Form.Path("nodes", node, "storage", options.ImageStorage, "content"), cancellation, new Form().With("content", content)), "content")
            .Select(v => Fields.Text(v, "volid")).OfType<string>()];

    private async Task SendAsync(string node, string content, string name, string digest, string path, IProgress<double>? progress, CancellationToken cancellation)
    {
        (string, string)[] fields = [("content", content), ("checksum-algorithm", "sha256"), ("checksum", digest)];
        try
        {
            var answer = await client.UploadAsync(Form.Path("nodes", node, "storage", options.ImageStorage, "upload"),
                () => new UploadContent(fields, name, File.OpenRead(path)), cancellation);
            await tasks.WaitAsync(ProxmoxTasks.Require(answer), progress, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected && content == "import" && e.Message.Contains("content: value 'import'", StringComparison.Ordinal))
        {
            throw new HypervisorException(HypervisorErrorKind.Unsupported,
                "this server takes no disk images by its API (Proxmox VE before 8.4): clone machines from a template (option template), or boot an ISO", e);
        }
    }

    private async Task<string> DigestAsync(string path, CancellationToken cancellation)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: the file {path} does not exist");
        var key = (path, file.Length, file.LastWriteTimeUtc);
        lock (_digests)
        {
            if (_digests.TryGetValue(key, out var known)) return known;
        }

        await using var content = File.OpenRead(path);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
        lock (_digests) return _digests[key] = digest;
    }
}
