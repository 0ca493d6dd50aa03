using System.Security.Cryptography;

namespace Warren.Server.Machines;

/// <summary>MAC addresses under 52:54:00, the prefix that QEMU and libvirt use for theirs.</summary>
internal static class MacAddresses
{
    public static string New()
    {
        var bytes = RandomNumberGenerator.GetBytes(3);
        return $"52:54:00:{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}";
    }
}
