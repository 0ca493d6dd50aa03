using System.Security.Cryptography;

namespace Warren.Server.Database;

/// <summary>
/// Ids of rows: 26 characters of Crockford's base 32 in lower case, the layout of a ULID (48 bits of milliseconds, 80
/// random bits), so that they sort by time and are safe as folder, domain and container names.
/// </summary>
internal static class Ids
{
    public const int Length = 26;
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string New(TimeProvider clock)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        var milliseconds = clock.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 5; i >= 0; i--, milliseconds >>= 8) bytes[i] = (byte)milliseconds;
        var value = new UInt128(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        return string.Create(Length, value, static (text, rest) =>
        {
            for (var i = text.Length - 1; i >= 0; i--, rest >>= 5) text[i] = Alphabet[(int)(rest & 31)];
        });
    }

    /// <summary>Whether a text has the form of an id; names that do are refused so that a route can take either.</summary>
    public static bool Looks(string text) => text.Length == Length && text.All(Alphabet.Contains);
}
