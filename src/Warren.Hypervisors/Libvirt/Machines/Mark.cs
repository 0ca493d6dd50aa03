using System.Xml.Linq;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>
/// Our ownership mark: an element of our own namespace in the domain's metadata. A domain without it is foreign and never
/// touched, whatever its name.
/// </summary>
/// <param name="Id">Our id.</param>
/// <param name="Seed">What the seed was made from, as a hash; null without a seed.</param>
/// <param name="Adopted">Made by others: its description and its disks stay theirs.</param>
internal sealed record Mark(string Id, string? Seed = null, bool Adopted = false)
{
    /// <summary>A name only; nothing is fetched from it.</summary>
    internal const string Namespace = "urn:warren:libvirt:machine:1";

    private static readonly XName s_name = XName.Get("machine", Namespace);

    /// <summary>As it stands in the description of a domain.</summary>
    internal XElement ToXml() => new(s_name,
        new XAttribute(XNamespace.Xmlns + "warren", Namespace),
        new XAttribute("id", Id),
        Seed is null ? null : new XAttribute("seed", Seed),
        Adopted ? new XAttribute("adopted", true) : null);

    /// <summary>Without its prefix, which virDomainSetMetadata adds itself.</summary>
    internal string ToMetadata() => new XElement("machine", ToXml().Attributes().Where(a => !a.IsNamespaceDeclaration)).ToString();

    /// <summary>The mark in a piece of metadata; null when it is not one.</summary>
    internal static Mark? Parse(string xml)
    {
        var element = XmlText.Parse(xml);
        var id = (string?)element.Attribute("id");
        return element.Name.LocalName == "machine" && id is not null && DefinitionRules.IsId(id)
            ? new Mark(id, (string?)element.Attribute("seed"), (bool?)element.Attribute("adopted") ?? false)
            : null;
    }

    /// <summary>The mark of a domain; null when it is foreign.</summary>
    internal static Mark? Of(DomainHandle domain)
    {
        var text = LibVirt.DomainGetMetadata(domain, LibVirt.MetadataElement, Namespace, 0);
        if (text != 0) return Parse(VirError.Take(text));
        var failure = VirError.Last();
        // The domain may have gone meanwhile.
        return failure.Code is VirError.NoMetadata or VirError.NoDomain ? null : throw failure;
    }
}
