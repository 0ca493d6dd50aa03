using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>
/// Names of a machine's volumes in our pool. Ids have no hyphens, so that everything that begins with <c>ID-</c> is that
/// machine's. Names are the on-disk format: a newer server must find an older one's machines.
/// </summary>
/// <param name="Id">The machine.</param>
/// <param name="Base">Volume with the stored image; shared between machines.</param>
internal sealed record VolumeNames(string Id, string Base)
{
    /// <summary>Beginning of the names of stored images.</summary>
    internal const string BasePrefix = "base-";

    /// <summary>Name of a small volume that says: the image of that name arrived in full.</summary>
    internal static string Complete(string image) => image + ".complete";

    internal string Disk => Id + "-disk.qcow2";

    internal string Seed => Id + "-seed.iso";

    /// <summary>What the guest writes on its serial line.</summary>
    internal string SerialLog => Id + "-serial.log";

    /// <summary>What it wrote on other hosts, before it was moved here.</summary>
    internal string EarlierLog => Id + "-serial-earlier.log";

    internal string Data(int index) => string.Create(CultureInfo.InvariantCulture, $"{Id}-data{index}.qcow2");

    /// <summary>A stable UUID, so that the guest sees the same hardware at every start and on every host.</summary>
    internal Guid HardwareId => Derive("machine", Id);

    /// <summary>Names for a definition. The stored file is known by path, size and time: hashing gigabytes at each start would cost more than a copy.</summary>
    internal static VolumeNames Of(MachineDefinition definition)
    {
        var file = new FileInfo(definition.Boot.Path);
        var key = string.Create(CultureInfo.InvariantCulture, $"{file.FullName}\n{(file.Exists ? file.Length : 0)}\n{(file.Exists ? file.LastWriteTimeUtc.Ticks : 0)}");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..24];
        return new VolumeNames(definition.Id, $"{BasePrefix}{hash}.{definition.Boot.Format}");
    }

    /// <summary>Names of a machine whose image does not matter.</summary>
    internal static VolumeNames Of(string id) => new(id, "");

    /// <summary>
    /// A UUID made from a name. Pools and networks have no metadata before libvirt 9.7, so that this UUID is their mark: nobody
    /// else's has it.
    /// </summary>
    internal static Guid Derive(string kind, string name)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"warren {kind} {name}")).AsSpan(0, 16);
        // RFC 9562: version 8 is for makers' own schemes.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
