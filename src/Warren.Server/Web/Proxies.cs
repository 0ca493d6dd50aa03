using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace Warren.Server.Web;

/// <summary>
/// Proxies in front of the server (nginx, Caddy): what they say of who asks, of the scheme and of the host name is believed,
/// and nobody else's word for it. Setting <c>Web:Proxies</c>: addresses, or networks as ADDRESS/LENGTH.
/// </summary>
internal static class Proxies
{
    private const string Setting = "Web:Proxies";

    /// <summary>First in the pipeline: all that follows sees the one who asked first.</summary>
    /// <exception cref="InvalidOperationException">A setting is neither an address nor a network.</exception>
    public static void UseProxies(this WebApplication app)
    {
        if (app.Configuration.GetSection(Setting).Get<string[]>() is not { Length: > 0 } listed) return;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            // As far back as those that are listed lead, and no further.
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var text in listed)
        {
            if (IPAddress.TryParse(text, out var address)) options.KnownProxies.Add(address);
            else if (System.Net.IPNetwork.TryParse(text, out var network)) options.KnownIPNetworks.Add(network);
            else throw new InvalidOperationException($"{Setting} has '{text}'; it must be an address, or a network as ADDRESS/LENGTH");
        }

        app.UseForwardedHeaders(options);
    }
}
