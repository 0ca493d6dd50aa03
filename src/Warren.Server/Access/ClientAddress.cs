namespace Warren.Server.Access;

/// <summary>Where a request comes from.</summary>
internal static class ClientAddress
{
    /// <summary>The network address, IPv4 as IPv4; empty where there is none.</summary>
    public static string Address(this HttpContext http)
        => http.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : "";

    /// <summary>The same for counting: of IPv6 the network of 64 bits, of which one machine has all addresses.</summary>
    public static string AddressBlock(this HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } address) return http.Address();
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new System.Net.IPAddress(bytes) + "/64";
    }
}
