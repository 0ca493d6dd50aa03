using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>
/// A file with its fields as <c>multipart/form-data</c> (RFC 7578). The server's own reader of it wants a length, quoted
/// names and the file last, so that it is written here by hand.
/// </summary>
internal sealed class UploadContent : HttpContent
{
    private readonly byte[] _head;
    private readonly byte[] _tail;
    private readonly Stream _file;

    internal UploadContent(IEnumerable<(string Name, string Value)> fields, string fileName, Stream file)
    {
        var boundary = "warren" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));
        var head = new StringBuilder();
        foreach (var (name, value) in fields)
            head.Append("--").Append(boundary).Append("\r\nContent-Disposition: form-data; name=\"").Append(name).Append("\"\r\n\r\n").Append(value).Append("\r\n");
        head.Append("--").Append(boundary).Append("\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"").Append(fileName)
            .Append("\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        _head = Encoding.ASCII.GetBytes(head.ToString());
        _tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        _file = file;
        Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=" + boundary);
    }

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(_head);
        _file.Position = 0;
        await _file.CopyToAsync(stream);
        await stream.WriteAsync(_tail);
    }

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_head, cancellationToken);
        _file.Position = 0;
        await _file.CopyToAsync(stream, cancellationToken);
        await stream.WriteAsync(_tail, cancellationToken);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _head.Length + _file.Length + _tail.Length;
        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _file.Dispose();
        base.Dispose(disposing);
    }
}
