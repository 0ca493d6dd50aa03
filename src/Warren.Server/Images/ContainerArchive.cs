using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Warren.Server.Images;

/// <summary>
/// Checks an archive of a container image as <c>docker save</c> writes it (Docker Image Specification v1.2: manifest.json
/// names a configuration and layers; the configuration lists each layer's digest). It is read, never unpacked.
/// </summary>
internal static class ContainerArchive
{
    /// <summary>Entries that one archive may have; saved images have a handful per layer.</summary>
    private const int MostEntries = 4096;

    /// <summary>Manifest and configuration are small; what is larger is not one.</summary>
    private const long LargestJson = 4 << 20;

    /// <summary>Bytes that the layers take when they are unpacked.</summary>
    /// <exception cref="ImageException">Not such an archive, not for this kind of machine, or a layer is not what the configuration says.</exception>
    public static async Task<long> InspectAsync(string path, long mostBytes, CancellationToken cancellation)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            return await InspectAsync(file, mostBytes, cancellation);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or FormatException or EndOfStreamException or KeyNotFoundException or InvalidOperationException)
        {
            throw Refuse($"it cannot be read: {e.Message}");
        }
    }

    private static async Task<long> InspectAsync(Stream file, long mostBytes, CancellationToken cancellation)
    {
        var documents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var digests = new Dictionary<string, (string Sha256, long Bytes)>(StringComparer.Ordinal);
        var aliases = new Dictionary<string, string>(StringComparer.Ordinal);
        var entries = 0;
        await using var archive = new TarReader(file);
        while (await archive.GetNextEntryAsync(cancellationToken: cancellation) is { } entry)
        {
            if (++entries > MostEntries) throw Refuse($"it has more than {MostEntries} entries");
            var name = Canonical(entry.Name);
            switch (entry.EntryType)
            {
                case TarEntryType.Directory:
                    break;
                case TarEntryType.SymbolicLink:
                    // Docker before version 25 writes a layer that it has written already as a link to it.
                    aliases[name] = Canonical(Path.Combine(Path.GetDirectoryName(name) ?? "", entry.LinkName));
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                    if (entry.DataStream is null) break;
                    if (entry.Length <= LargestJson && !name.EndsWith("layer.tar", StringComparison.Ordinal))
                        documents[name] = await ReadAsync(entry.DataStream, cancellation);
                    digests[name] = documents.TryGetValue(name, out var small)
                        ? await DigestAsync(new MemoryStream(small), mostBytes, cancellation)
                        : await DigestAsync(entry.DataStream, mostBytes, cancellation);
                    if (digests.Values.Sum(d => d.Bytes) > mostBytes) throw new ImageException(ImageErrors.TooLarge, $"its layers take more than the allowed {mostBytes} bytes");
                    break;
                default:
                    throw Refuse($"it has an entry of type {entry.EntryType}");
            }
        }

        return Judge(documents, digests, aliases);
    }

    private static long Judge(Dictionary<string, byte[]> documents, Dictionary<string, (string Sha256, long Bytes)> digests, Dictionary<string, string> aliases)
    {
        if (!documents.TryGetValue("manifest.json", out var text)) throw Refuse("it has no manifest.json: a tar archive that docker save did not write");
        using var manifest = JsonDocument.Parse(text);
        if (manifest.RootElement.GetArrayLength() != 1) throw Refuse("it holds more than one image; save one at a time");
        var image = manifest.RootElement[0];
        if (!documents.TryGetValue(Canonical(image.GetProperty("Config").GetString()!), out var stated)) throw Refuse("its configuration is missing");
        using var configuration = JsonDocument.Parse(stated);
        var (system, processor) = (configuration.RootElement.GetProperty("os").GetString(), configuration.RootElement.GetProperty("architecture").GetString());
        if (system != "linux" || processor != "amd64") throw Refuse($"it is for {system} on {processor}; linux on amd64 is needed");
        var layers = image.GetProperty("Layers").EnumerateArray().Select(l => Canonical(l.GetString()!)).ToList();
        var wanted = configuration.RootElement.GetProperty("rootfs").GetProperty("diff_ids").EnumerateArray().Select(d => d.GetString()!).ToList();
        if (layers.Count != wanted.Count || layers.Count == 0) throw Refuse("manifest and configuration disagree about its layers");
        var bytes = 0L;
        foreach (var (layer, digest) in layers.Zip(wanted))
        {
            if (!digests.TryGetValue(aliases.GetValueOrDefault(layer, layer), out var found)) throw Refuse($"layer {layer} is missing");
            if ("sha256:" + found.Sha256 != digest) throw Refuse($"layer {layer} is not what the configuration says: {digest}");
            bytes += found.Bytes;
        }

        return bytes;
    }

    /// <summary>Digest and size of what a layer is when it is unpacked; layers may be packed by gzip (OCI image layout).</summary>
    private static async Task<(string Sha256, long Bytes)> DigestAsync(Stream content, long mostBytes, CancellationToken cancellation)
    {
        var first = new byte[2];
        var read = await content.ReadAtLeastAsync(first, first.Length, throwOnEndOfStream: false, cancellation);
        Stream whole = new Prefixed(first.AsMemory(0, read), content);
        if (read == 2 && first[0] == 0x1f && first[1] == 0x8b) whole = new GZipStream(whole, CompressionMode.Decompress);
        await using (whole)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 16];
            var bytes = 0L;
            while (await whole.ReadAsync(buffer, cancellation) is > 0 and var part)
            {
                hash.AppendData(buffer, 0, part);
                bytes += part;
                if (bytes > mostBytes) throw new ImageException(ImageErrors.TooLarge, $"a layer takes more than the allowed {mostBytes} bytes");
            }

            return (Convert.ToHexStringLower(hash.GetHashAndReset()), bytes);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream content, CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        await content.CopyToAsync(all, cancellation);
        return all.ToArray();
    }

    private static string Canonical(string name)
    {
        var parts = new List<string>();
        foreach (var part in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            else throw Refuse($"the entry {name} leads out of it");
        }

        return name.StartsWith('/') ? throw Refuse($"the entry {name} leads out of it") : string.Join('/', parts);
    }

    private static ImageException Refuse(string why) => new(ImageErrors.FormatRefused, $"the file is not an archive of a container image that can be used: {why}");

    /// <summary>Bytes that were read to look at them, and what follows.</summary>
    private sealed class Prefixed(ReadOnlyMemory<byte> prefix, Stream rest) : Stream
    {
        private ReadOnlyMemory<byte> _prefix = prefix;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_prefix.IsEmpty) return await rest.ReadAsync(buffer, cancellationToken);
            var part = Math.Min(buffer.Length, _prefix.Length);
            _prefix[..part].CopyTo(buffer);
            _prefix = _prefix[part..];
            return part;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
