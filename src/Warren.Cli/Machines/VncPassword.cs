using System.Security.Cryptography;
using System.Text;

namespace Warren.Cli.Machines;

/// <summary>VNC Authentication (RFC 6143, 7.2.2): all that viewers on this machine understand; it keeps other users of it out.</summary>
internal static class VncPassword
{
    /// <summary>Bytes of a challenge and of its answer.</summary>
    public const int Length = 16;

    private const string Letters = "abcdefghijkmnpqrstuvwxyz23456789";

    /// <summary>Eight letters, which is all that counts of such a password: 40 bits of chance.</summary>
    public static string New() => RandomNumberGenerator.GetString(Letters, 8);

    /// <summary>What a viewer answers that knows the password.</summary>
    public static byte[] Answer(string password, ReadOnlySpan<byte> challenge)
    {
        var key = new byte[8];
        Encoding.ASCII.GetBytes(password.AsSpan(0, Math.Min(8, password.Length)), key);
        // The lowest bit first, unlike everybody else's DES (RFC 6143, errata 4951).
        for (var i = 0; i < key.Length; i++) key[i] = (byte)(((key[i] * 0x80200802UL) & 0x0884422110UL) * 0x0101010101UL >> 32);
#pragma warning disable CA5351 // The protocol names it. It guards a port of loopback for minutes; the way to the server has its own token.
        using var des = DES.Create();
#pragma warning restore CA5351
        des.Key = key;
        return des.EncryptEcb(challenge, PaddingMode.None);
    }

    /// <summary>Whether the answer is right; as long for a wrong one.</summary>
    public static bool Accepts(string password, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> answer) =>
        CryptographicOperations.FixedTimeEquals(Answer(password, challenge), answer);
}
