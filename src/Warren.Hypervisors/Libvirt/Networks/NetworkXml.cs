using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Warren.Hypervisors.Libvirt.Machines;

namespace Warren.Hypervisors.Libvirt.Networks;

/// <summary>A network as libvirt's XML (formatnetwork) and back. Pure.</summary>
internal static partial class NetworkXml
{
    /// <summary>Our mark: a UUID that follows from the name.</summary>
    internal static Guid Mark(string name) => VolumeNames.Derive("network", name);

    /// <summary>Describes a network of ours.</summary>
    /// <exception cref="HypervisorException">Rejected when it contradicts itself.</exception>
    internal static XElement Build(HostNetwork network)
    {
        DefinitionRules.CheckNetwork(network.Name);
        var xml = new XElement("network", new XElement("name", network.Name), new XElement("uuid", Mark(network.Name).ToString()));
        switch (network.Mode)
        {
            case NetworkMode.Bridge:
                if (network.Bridge is not { } bridge || !Interface().IsMatch(bridge)) throw Refuse("bridge must name a bridge of the host");
                if (network.Range is not null) throw Refuse("range cannot be stated for a bridge");
                xml.Add(new XElement("forward", new XAttribute("mode", "bridge")), new XElement("bridge", new XAttribute("name", bridge)));
                return xml;
            case NetworkMode.Nat:
                xml.Add(new XElement("forward", new XAttribute("mode", "nat")));
                break;
            case NetworkMode.Isolated:
                break;
            default:
                throw Refuse("mode must be nat, bridge or isolated");
        }

        var range = Ipv4Range.Parse(network.Range ?? throw Refuse("range must be stated"));
        // No bridge name: libvirt finds a free one.
        xml.Add(new XElement("bridge", new XAttribute("stp", "on"), new XAttribute("delay", "0")),
            new XElement("ip", new XAttribute("address", range.At(1)), new XAttribute("prefix", range.Prefix),
                new XElement("dhcp", new XElement("range", new XAttribute("start", range.At(2)), new XAttribute("end", range.At(range.Size - 2))))));
        return xml;
    }

    /// <summary>Reads a network.</summary>
    internal static HostNetwork Read(XElement xml, bool active)
    {
        var name = (string?)xml.Element("name") ?? "";
        var mode = (string?)xml.Element("forward")?.Attribute("mode") ?? (xml.Element("forward") is null ? "" : "nat");
        return new HostNetwork(name, mode switch
        {
            "nat" => NetworkMode.Nat,
            "bridge" => NetworkMode.Bridge,
            "" => NetworkMode.Isolated,
            _ => NetworkMode.Other,
        })
        {
            Range = xml.Elements("ip").Select(RangeOf).FirstOrDefault(r => r is not null)?.ToString(),
            Bridge = (string?)xml.Element("bridge")?.Attribute("name"),
            Active = active,
            Ours = (Guid?)xml.Element("uuid") == Mark(name),
        };
    }

    private static Ipv4Range? RangeOf(XElement ip)
    {
        if (!IPAddress.TryParse((string?)ip.Attribute("address"), out var address) || address.AddressFamily != AddressFamily.InterNetwork) return null;
        var prefix = (int?)ip.Attribute("prefix")
            ?? (IPAddress.TryParse((string?)ip.Attribute("netmask"), out var mask)
                ? System.Numerics.BitOperations.PopCount(BinaryPrimitives.ReadUInt32BigEndian(mask.GetAddressBytes())) : 24);
        return prefix is >= 0 and <= 32 ? Ipv4Range.Of(address, prefix) : null;
    }

    private static HypervisorException Refuse(string why) => new(HypervisorErrorKind.Rejected, "network: " + why);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,14}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Interface();
}

/// <summary>A range of IPv4 addresses.</summary>
internal sealed record Ipv4Range(uint First, int Prefix)
{
    internal uint Size => Prefix == 0 ? uint.MaxValue : 1u << (32 - Prefix);

    /// <summary>Reads <c>192.168.150.0/24</c>; 8 to 29 bits of prefix, and only RFC 1918's ranges, so that nobody's real network is hidden.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static Ipv4Range Parse(string text)
    {
        var parts = text.Split('/');
        if (parts.Length == 2 && IPAddress.TryParse(parts[0], out var address) && address.AddressFamily == AddressFamily.InterNetwork
            && address.ToString() == parts[0] && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) && prefix is >= 8 and <= 29
            && Of(address, prefix) is var range && range.At(0) == parts[0] && s_private.Any(p => p.Overlaps(range) && p.Prefix <= prefix))
        {
            return range;
        }

        throw new HypervisorException(HypervisorErrorKind.Rejected, "network: range must be a private IPv4 range such as 192.168.150.0/24");
    }

    internal static Ipv4Range Of(IPAddress address, int prefix)
    {
        var number = BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
        return new Ipv4Range(prefix == 0 ? 0 : number & (uint.MaxValue << (32 - prefix)), prefix);
    }

    internal bool Overlaps(Ipv4Range other) => First <= other.First + (other.Size - 1) && other.First <= First + (Size - 1);

    internal string At(uint index)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, First + index);
        return new IPAddress(bytes).ToString();
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At(0)}/{Prefix}");

    private static readonly Ipv4Range[] s_private = [new(0x0A000000, 8), new(0xAC100000, 12), new(0xC0A80000, 16)];
}
