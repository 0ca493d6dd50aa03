using System.Globalization;
using System.Net;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Consoles;

/// <summary>Where the server reaches a port that a machine's container publishes.</summary>
internal static class PublishedPorts
{
    /// <summary>Host and port for a tcp port of the container, or null while it is not published.</summary>
    internal static (string Host, int Port)? Find(MachineContainer machine, int port, DockerOptions options)
    {
        if (!machine.Ports.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{port}/tcp"), out var published)) return null;
        // A loopback address of the engine's host is the server's own only where they are one, or the endpoint is loopback too.
        var host = options.IsLocal || published.Address is not ("0.0.0.0" or "::" or "") ? published.Address : options.Endpoint.Host;
        if (host is "0.0.0.0" or "::" or "") host = "127.0.0.1";
        return (host, published.Port);
    }

    /// <summary>Whether the address is one that only the engine's own host reaches, while the engine is elsewhere.</summary>
    internal static bool IsOutOfReach(DockerOptions options) =>
        !options.IsLocal
        && IPAddress.IsLoopback(IPAddress.Parse(options.PublishAddress))
        && options.Endpoint.Host != "localhost"
        && !(IPAddress.TryParse(options.Endpoint.Host.Trim('[', ']'), out var engine) && IPAddress.IsLoopback(engine));
}
