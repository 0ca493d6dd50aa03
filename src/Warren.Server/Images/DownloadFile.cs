using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Warren.Server.Images;

/// <summary>The half of a download that is on disk: the file, its running hashes and its remembered state.</summary>
internal sealed class DownloadFile : IDisposable
{
    private const int DiskFull = 28; // ENOSPC
    private readonly DownloadRequest request;
    private readonly string statePath;
    private readonly FileStream stream;
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash? sha512;
    private Uri finalUrl;

    private DownloadFile(DownloadRequest request)
    {
        this.request = request;
        finalUrl = request.Url;
        statePath = request.Path + ".json";
        State = DownloadState.Read(statePath, request.Url) ?? new DownloadState { Url = request.Url.AbsoluteUri, Bytes = 0 };
        stream = StoreFiles.Open(request.Path, FileMode.OpenOrCreate);
        sha512 = request.Sha512 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA512) : null;
    }

    public DownloadState State { get; private set; }

    /// <summary>Bytes in the file, all of them hashed.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes that a power cut would lose.</summary>
    public long UnsavedBytes => Bytes - State.Bytes;

    /// <summary>Opens what is there and hashes it, so that the final digest covers every byte on disk.</summary>
    public static async Task<DownloadFile> OpenAsync(DownloadRequest request, CancellationToken cancellation)
    {
        var file = new DownloadFile(request);
        try
        {
            if (file.State.Bytes > file.stream.Length) file.StartOver();
            file.stream.SetLength(file.State.Bytes);
            file.stream.Position = 0;
            var buffer = new byte[1 << 20];
            while (await file.stream.ReadAsync(buffer, cancellation) is var count and > 0) file.Hash(buffer.AsSpan(0, count));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds the range headers that ask for the rest, and only if the file is still the same.</summary>
    public void AskForRest(HttpRequestMessage message)
    {
        if (Bytes == 0) return;
        message.Headers.Range = new RangeHeaderValue(Bytes, null);
        message.Headers.IfRange = State.ETag is { } tag ? new RangeConditionHeaderValue(EntityTagHeaderValue.Parse(tag)) : new(State.LastModified!.Value);
    }

    /// <summary>Takes over what the response says of the file.</summary>
    /// <returns>False when it is a part that does not continue what is on disk.</returns>
    public bool Accept(HttpResponseMessage response)
    {
        finalUrl = response.RequestMessage?.RequestUri ?? finalUrl;
        var headers = response.Content.Headers;
        if (response.StatusCode == HttpStatusCode.PartialContent)
            return headers.ContentRange is { Unit: "bytes", From: { } from } range && Bytes > 0 && from == Bytes && range.Length is { } whole && whole == State.Total
                && headers.ContentType?.MediaType != "multipart/byteranges";
        StartOver();
        State = State with
        {
            Total = headers.ContentLength,
            // Only strong validators promise the same bytes (RFC 9110 section 8.8.1).
            ETag = response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : null,
            LastModified = headers.LastModified,
        };
        return true;
    }

    /// <summary>Forgets what is on disk.</summary>
    public void StartOver()
    {
        stream.SetLength(0);
        _ = sha256.GetHashAndReset();
        _ = sha512?.GetHashAndReset();
        Bytes = 0;
        State = new DownloadState { Url = request.Url.AbsoluteUri, Bytes = 0 };
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await stream.WriteAsync(bytes, cancellation);
        Hash(bytes.Span);
    }

    /// <summary>Makes what is on disk durable, then says so in the state file; in that order, so the state never promises too much.</summary>
    public void Checkpoint(bool complete)
    {
        if (State.Complete || (!complete && UnsavedBytes == 0 && Bytes > 0)) return;
        // A write that was cut off by a cancel may have left bytes that are not hashed.
        stream.SetLength(Bytes);
        stream.Flush(flushToDisk: true);
        State = State with { Bytes = Bytes, Complete = complete };
        State.Write(statePath);
    }

    /// <summary>Saves what there is after an attempt that ended early. Where that fails the state lags behind, which only costs bytes.</summary>
    public void SaveState()
    {
        try
        {
            Checkpoint(complete: false);
        }
        catch (IOException)
        {
            // A full disk: the attempt's own failure says so.
        }
    }

    public DownloadResult Result()
    {
        var digest = Convert.ToHexStringLower(sha256.GetHashAndReset());
        return new(Bytes, digest, sha512 is null ? null : Convert.ToHexStringLower(sha512.GetHashAndReset()), finalUrl);
    }

    public static void RequireSpace(string path, long bytes, ImageOptions options)
    {
        var free = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace - options.ReservedFreeBytes;
        if (bytes > free || free <= 0)
            throw new ImageException(ImageErrors.NoSpace,
                $"the download needs {bytes} bytes but {Math.Max(0, free)} are free ({options.ReservedFreeBytes} are kept free); delete images or enlarge the disk");
    }

    public static bool IsDiskFull(Exception e) => e is IOException && (e.HResult & 0xFFFF) == DiskFull;

    public void Dispose()
    {
        stream.Dispose();
        sha256.Dispose();
        sha512?.Dispose();
    }

    private void Hash(ReadOnlySpan<byte> bytes)
    {
        sha256.AppendData(bytes);
        sha512?.AppendData(bytes);
        Bytes += bytes.Length;
    }
}
