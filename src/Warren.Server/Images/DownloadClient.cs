using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Warren.Server.Images;

/// <summary>
/// The HTTP client behind downloads. It says nothing about the user or the server: no cookies, no User-Agent, no Accept-Language, no
/// Referer, no trace headers, no proxy from the environment. Redirects are left to <see cref="Downloader"/>, which checks each anew.
/// </summary>
public sealed class DownloadClient : IDisposable
{
    private readonly ImageOptions options;
    private readonly Uri? proxy;
    private readonly HttpClient client;
    private readonly NameLookup lookUp;

    /// <summary>Finds the addresses of a name.</summary>
    public delegate Task<IPAddress[]> NameLookup(string host, CancellationToken cancellation);

    /// <summary>Makes the client from its configuration.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="lookUp">How names are looked up; by the system when left out.</param>
    /// <exception cref="ImageException">The proxy in the configuration is not a socks5 URL.</exception>
    public DownloadClient(ImageOptions options, NameLookup? lookUp = null)
    {
        this.options = options;
        this.lookUp = lookUp ?? Dns.GetHostAddressesAsync;
        Guard = new AddressGuard(options.AllowPrivateAddresses, options.AllowedHosts);
        proxy = ParseProxy(options.Proxy);
#pragma warning disable CA2000 // The client owns and disposes its handler.
        client = new HttpClient(new SocketsHttpHandler
#pragma warning restore CA2000
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = proxy is not null,
            Proxy = proxy is null ? null : Describe(proxy),
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseHeadersLength = 64,
            ConnectCallback = ConnectAsync,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The guard that every URL and connection passes.</summary>
    public AddressGuard Guard { get; }

    /// <summary>Sends a request and returns when the response's headers are there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        Guard.CheckUrl(request.RequestUri!);
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    /// <summary>Connects to an address that was checked: the very one, so a name that changes its mind in between gains nothing.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var end = context.DnsEndPoint;
        // The proxy itself is the administrator's choice and often on loopback (Tor).
        var isProxy = proxy is not null && end.Host == proxy.IdnHost && end.Port == proxy.Port;
        var addresses = IPAddress.TryParse(end.Host, out var literal) ? [literal] : await lookUp(end.Host, cancellation);
        var taken = isProxy ? addresses : [.. addresses.Where(a => Guard.Allows(end.Host, a))];
        if (taken.Length == 0 && addresses.Length > 0) throw AddressGuard.Refusal(end.Host);
        Exception? last = null;
        foreach (var address in taken)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                using var share = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                share.CancelAfter(options.ConnectTimeout / taken.Length);
                await socket.ConnectAsync(new IPEndPoint(address, end.Port), share.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                cancellation.ThrowIfCancellationRequested();
                last = e;
            }
        }

        throw new HttpRequestException(HttpRequestError.ConnectionError, $"{end.Host}:{end.Port} cannot be reached", last);
    }

    private static Uri? ParseProxy(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        if (Uri.TryCreate(text.Replace("socks5h://", "socks5://", StringComparison.OrdinalIgnoreCase), UriKind.Absolute, out var uri)
            && uri.Scheme == "socks5" && uri.Port > 0) return uri;
        // The text may hold a password, so it is not repeated.
        throw new ImageException(ImageErrors.UrlRefused, "Images:Proxy: must be socks5://host:port");
    }

    private static WebProxy Describe(Uri proxy)
    {
        var parts = proxy.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        return new WebProxy(new UriBuilder(proxy) { UserName = "", Password = "" }.Uri)
        {
            BypassProxyOnLocal = false,
            Credentials = proxy.UserInfo.Length == 0 ? null : new NetworkCredential(parts[0], parts.Length > 1 ? parts[1] : ""),
        };
    }
}
