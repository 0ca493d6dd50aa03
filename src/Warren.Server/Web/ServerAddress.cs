using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Warren.Server.Web;

/// <summary>The URL under which people reach this server: the configured one, else the first it listens on.</summary>
internal sealed class ServerAddress(IServer server, IConfiguration configuration)
{
    public string Url => (configuration["PublicUrl"] ?? Listening()).TrimEnd('/');

    private string Listening()
        => server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1:7878";
}
