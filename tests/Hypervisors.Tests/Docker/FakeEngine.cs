using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Hypervisors.Tests.Docker;

/// <summary>A request as it came over the socket.</summary>
internal sealed record SeenRequest(string Method, string Target, string Body);

/// <summary>Something on a unix socket that answers as told: as an engine, or as none.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _listening;

    internal FakeEngine()
    {
        Folder = Directory.CreateTempSubdirectory("fe").FullName;
        Socket = Path.Combine(Folder, "s");
        _listener.Bind(new UnixDomainSocketEndPoint(Socket));
        _listener.Listen();
        _listening = ListenAsync();
    }

    internal string Folder { get; }

    internal string Socket { get; }

    internal ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>The bytes to answer with; null: none, ever; empty: the connection is closed.</summary>
    internal Func<SeenRequest, byte[]?> Answer { get; set; } = Engine;

    /// <summary>What an engine without containers says.</summary>
    internal static byte[]? Engine(SeenRequest request) => request.Target switch
    {
        "/version" => Json(200, """{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}"""),
        "/v1.41/info" => Json(200, """{"ID":"x","KernelVersion":"6"}"""),
        _ when request.Method == "GET" && request.Target.StartsWith("/v1.41/images/", StringComparison.Ordinal) => Json(200, """{"Id":"sha256:1"}"""),
        _ when request.Target.StartsWith("/v1.41/containers/json", StringComparison.Ordinal) => Json(200, "[]"),
        _ when request.Method == "GET" && request.Target.EndsWith("/logs?stdout=1&stderr=1", StringComparison.Ordinal) => Json(200, "\"\""),
        _ when request.Method == "GET" => Json(404, """{"message":"No such container: x"}"""),
        _ when request.Method == "DELETE" => Json(204, ""),
        _ when request.Target.EndsWith("/wait", StringComparison.Ordinal) => Json(200, """{"StatusCode":0}"""),
        _ => Json(201, """{"Id":"0123456789abcdef"}"""),
    };

    internal static byte[] Json(int status, string body) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Dispose();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Directory.Delete(Folder, recursive: true);
        _ended.Dispose();
    }

    private async Task ListenAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            var client = await _listener.AcceptAsync(_ended.Token);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            while (await ReadAsync(stream) is { } request)
            {
                Seen.Enqueue(request);
                if (Answer(request) is not { } answer) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _ended.Token);
                else if (answer.Length == 0) return;
                else await stream.WriteAsync(answer, _ended.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The other side has had enough.
        }
    }

    private async Task<SeenRequest?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _ended.Token) == 0) return null;
            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var first = lines[0].Split(' ');
        var length = lines.Select(l => l.Split(": ")).Where(p => p[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Select(p => int.Parse(p[1], CultureInfo.InvariantCulture)).FirstOrDefault();
        var chunked = lines.Any(l => l.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase));
        return new SeenRequest(first[0], first[1], chunked ? await ReadChunksAsync(stream) : Encoding.UTF8.GetString(await TakeAsync(stream, length)));
    }

    private async Task<string> ReadChunksAsync(NetworkStream stream)
    {
        using var body = new MemoryStream();
        while (true)
        {
            var size = new StringBuilder();
            while (!size.ToString().EndsWith("\r\n", StringComparison.Ordinal)) size.Append((char)(await TakeAsync(stream, 1))[0]);
            var length = int.Parse(size.ToString().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Write(await TakeAsync(stream, length));
            await TakeAsync(stream, 2);
            if (length == 0) return Encoding.UTF8.GetString(body.ToArray());
        }
    }

    private async Task<byte[]> TakeAsync(NetworkStream stream, int length)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, _ended.Token);
        return bytes;
    }
}
