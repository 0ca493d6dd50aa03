using System.Xml.Linq;
using Warren.Hypervisors.Libvirt.Machines;

namespace Warren.Hypervisors.Libvirt.Moves;

/// <summary>A domain's own description, as the destination of a migration is to have it. Pure.</summary>
internal static class MoveXml
{
    /// <summary>Puts our files where the destination's pool has them; everything the guest sees stays.</summary>
    internal static XElement Adapt(XElement domain, string fromPool, string toPool, bool remoteScreen)
    {
        var moved = new XElement(domain);
        foreach (var disk in DomainDisks.Disks(moved))
        {
            Relocate(disk.Element("source")?.Attribute("file"), fromPool, toPool);
            // Names files of this host; the destination finds its own.
            disk.Elements("backingStore").Remove();
        }

        foreach (var log in moved.Descendants("log")) Relocate(log.Attribute("file"), fromPool, toPool);
        var screen = moved.Element("devices")?.Elements("graphics").FirstOrDefault(g => (string?)g.Attribute("type") == "vnc");
        screen?.ReplaceWith(DomainXml.Screen(remoteScreen));
        return moved;
    }

    private static void Relocate(XAttribute? path, string from, string to)
    {
        var prefix = from.TrimEnd('/') + "/";
        if (path is not null && path.Value.StartsWith(prefix, StringComparison.Ordinal))
            path.Value = to.TrimEnd('/') + "/" + path.Value[prefix.Length..];
    }
}
