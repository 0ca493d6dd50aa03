using System.Security.Cryptography;
using System.Text;

namespace Warren.Server.Access;

/// <summary>Random secrets of 256 bits. Only their SHA-256 is stored: with that much chance in them a slow hash adds nothing.</summary>
internal static class Secrets
{
    /// <summary>Start of every bearer token, so that scanners of leaked secrets can find ours.</summary>
    public const string TokenPrefix = "wrn_";

    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
