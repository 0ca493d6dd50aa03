using System.Xml;
using System.Xml.Linq;

namespace Warren.Hypervisors.Libvirt;

/// <summary>XML from a daemon: bounded, without document types, so that a hostile one costs nothing.</summary>
internal static class XmlText
{
    private const int Longest = 8 << 20;

    /// <summary>Reads one element.</summary>
    /// <exception cref="HypervisorException">Unreachable: what answers is not libvirt.</exception>
    internal static XElement Parse(string xml)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                MaxCharactersInDocument = Longest,
            });
            return XElement.Load(reader);
        }
        catch (XmlException e)
        {
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"libvirt answered with XML that cannot be read: {e.Message}", e);
        }
    }
}
