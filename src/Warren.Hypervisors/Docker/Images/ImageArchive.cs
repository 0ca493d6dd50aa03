using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Docker.Images;

/// <summary>
/// An archive of a container image as <c>docker save</c> writes it (docker.com, "Image Specification v1.2": manifest.json
/// names the configuration and the tags). Tags in it are never used: loading them would take names away from images that
/// are somebody else's.
/// </summary>
internal sealed class ImageArchive
{
    /// <summary>Repositories of the tags that are given instead: whole machines, which go with the last of them, and runners, which stay.</summary>
    internal const string Machines = "warren-machine", Runners = "warren-runner";

    private const int LargestDescription = 4 << 20;

    // Other descriptions of the same layers, which carry tags of their own.
    private static readonly string[] s_otherDescriptions = ["repositories", "index.json", "oci-layout"];

    private readonly string _path;
    private readonly JsonObject _image;

    private ImageArchive(string path, string repository, JsonObject image, string configuration)
    {
        _path = path;
        Tag = $"{repository}:{configuration}";
        _image = image;
    }

    /// <summary>Its name on the engine: the SHA-256 of its configuration, which names all layers by their content.</summary>
    internal string Tag { get; }

    /// <summary>Reads the descriptions of an archive, which may be compressed by gzip.</summary>
    /// <exception cref="HypervisorException">Rejected when it is no such archive or holds several images.</exception>
    internal static async Task<ImageArchive> OpenAsync(string path, string repository, CancellationToken cancellation)
    {
        try
        {
            var manifest = await ReadEntryAsync(path, "manifest.json", cancellation) ?? throw Refuse("has no manifest.json");
            if (JsonNode.Parse(manifest) is not JsonArray { Count: 1 } images || images[0] is not JsonObject image) throw Refuse("must hold exactly one image");
            if ((string?)image["Config"] is not { Length: > 0 } name) throw Refuse("names no configuration");
            var configuration = await ReadEntryAsync(path, name, cancellation) ?? throw Refuse("lacks its configuration");
            return new ImageArchive(path, repository, image, Convert.ToHexStringLower(SHA256.HashData(configuration)));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or InvalidOperationException or FormatException)
        {
            throw Refuse("is no archive of a container image");
        }
    }

    /// <summary>Writes it again, with our tag and no other.</summary>
    internal async Task WriteAsync(Stream to, CancellationToken cancellation)
    {
        await using var content = Content(_path);
        await using var from = new TarReader(content);
        await using var tar = new TarWriter(to, TarEntryFormat.Pax, leaveOpen: true);
        var image = (JsonObject)_image.DeepClone();
        image["RepoTags"] = new JsonArray(Tag);
        while (await from.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
        {
            var name = Plain(entry.Name);
            if (s_otherDescriptions.Contains(name)) continue;
            if (name != "manifest.json")
            {
                await tar.WriteEntryAsync(entry, cancellation);
                continue;
            }

            using var manifest = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new JsonArray(image.DeepClone())));
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "manifest.json") { DataStream = manifest }, cancellation);
        }
    }

    private static async Task<byte[]?> ReadEntryAsync(string path, string name, CancellationToken cancellation)
    {
        await using var content = Content(path);
        await using var tar = new TarReader(content);
        while (await tar.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
        {
            if (Plain(entry.Name) != Plain(name) || entry.DataStream is not { } data) continue;
            if (entry.Length > LargestDescription) throw Refuse($"has a {name} of {entry.Length} bytes");
            var bytes = new byte[entry.Length];
            await data.ReadExactlyAsync(bytes, cancellation);
            return bytes;
        }

        return null;
    }

    private static Stream Content(string path)
    {
        var file = File.OpenRead(path);
        var compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static string Plain(string name) => name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private static HypervisorException Refuse(string what) => new(HypervisorErrorKind.Rejected, $"boot.path: the archive {what}");
}
