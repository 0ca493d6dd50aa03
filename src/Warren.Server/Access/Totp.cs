using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Warren.Server.Access;

/// <summary>Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds, 6 digits, which is what authenticators take.</summary>
internal static class Totp
{
    private const int Seconds = 30;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>Clocks may differ by one step either way.</summary>
    private const int Apart = 1;

    /// <summary>A new secret, 160 bits as RFC 4226 recommends.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(20);

    public static long StepOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / Seconds;

    /// <summary>The code of one step (RFC 4226, 5.3).</summary>
    public static string CodeOf(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> message = stackalloc byte[8];
        Span<byte> hash = stackalloc byte[20];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(message, step);
#pragma warning disable CA5350 // The RFC's algorithm; as an HMAC it is not weak.
        HMACSHA1.HashData(secret, message, hash);
#pragma warning restore CA5350
        var number = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 15)..]) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The step that a code is of. Null: of none around this time, or of one not after the last that was used.</summary>
    public static long? Match(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastUsed)
    {
        long? found = null;
        var given = Encoding.UTF8.GetBytes(code);
        for (var step = StepOf(now) - Apart; step <= StepOf(now) + Apart; step++)
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(CodeOf(secret, step)), given) && step > lastUsed) found = step;
        return found;
    }

    /// <summary>RFC 4648 without padding.</summary>
    public static string ToBase32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var (bits, held) = (0, 0);
        foreach (var one in bytes)
        {
            (bits, held) = ((bits << 8) | one, held + 8);
            for (; held >= 5; held -= 5) text.Append(Base32[(bits >> (held - 5)) & 31]);
            bits &= (1 << held) - 1;
        }

        if (held > 0) text.Append(Base32[(bits << (5 - held)) & 31]);
        return text.ToString();
    }

    /// <summary>What a QR code tells an authenticator.</summary>
    public static string Uri(ReadOnlySpan<byte> secret, string user)
        => $"otpauth://totp/Warren:{System.Uri.EscapeDataString(user)}?secret={ToBase32(secret)}&issuer=Warren&algorithm=SHA1&digits=6&period={Seconds}";
}
