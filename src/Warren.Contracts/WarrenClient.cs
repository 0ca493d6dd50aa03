using System.Net.Http.Headers;

namespace Warren.Contracts;

/// <summary>
/// Typed client of a Warren server's API. Every method throws <see cref="WarrenException"/> when the server refuses and
/// <see cref="WarrenUnreachableException"/> when it does not answer. Safe for use by several threads.
/// </summary>
public sealed partial class WarrenClient : IDisposable
{
    /// <summary>Where a server listens when nobody says otherwise.</summary>
    public static readonly Uri DefaultServer = new("http://127.0.0.1:7878");

    private const string Root = "/api/v1";

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <summary>Connects to a server; nothing is sent yet.</summary>
    /// <param name="server">Scheme, host and port of the server.</param>
    /// <param name="token">Bearer token (<c>wrn_…</c>); without one only the open routes answer.</param>
    /// <param name="time">Clock for timeouts and pauses between tries; the system's when left out.</param>
    public WarrenClient(Uri server, string? token = null, TimeProvider? time = null)
    {
        Server = server;
        _time = time ?? TimeProvider.System;
        _http = new HttpClient(CreateHandler(server)) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The server's address.</summary>
    public Uri Server { get; }

    /// <summary>How long a request without a stream or a long poll may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long waits and streams go on trying when the server stops answering: a restart of it must not end them.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler CreateHandler(Uri server) => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // The token is for this server and no other.
        AllowAutoRedirect = false,
        UseCookies = false,
        // A proxy from the environment cannot reach this machine's own loopback.
        UseProxy = !server.IsLoopback,
    };
}
