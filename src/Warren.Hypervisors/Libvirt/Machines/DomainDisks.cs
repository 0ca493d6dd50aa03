using System.Xml.Linq;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>The disks in a domain's own description.</summary>
internal static class DomainDisks
{
    /// <summary>Files of all its disks.</summary>
    internal static IReadOnlyList<string> Paths(DomainHandle domain)
    {
        var text = LibVirt.DomainGetXml(domain, LibVirt.XmlInactive);
        if (text != 0) return Paths(XmlText.Parse(VirError.Take(text)));
        var failure = VirError.Last();
        return failure.Code == VirError.NoDomain ? [] : throw failure;
    }

    internal static IReadOnlyList<string> Paths(XElement domain) =>
        [.. Disks(domain).Select(d => (string?)d.Element("source")?.Attribute("file")).OfType<string>()];

    internal static IEnumerable<XElement> Disks(XElement domain) => domain.Element("devices")?.Elements("disk") ?? [];
}
