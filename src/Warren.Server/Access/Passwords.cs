using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Hashes and compares passwords with ASP.NET Core Identity's hasher (PBKDF2, HMAC-SHA-512).</summary>
internal sealed class Passwords
{
    public const int Shortest = 10;

    /// <summary>A limit, or a long one would be work for nothing.</summary>
    public const int Longest = 256;

    /// <summary>OWASP's number for PBKDF2 with SHA-512.</summary>
    private const int Rounds = 210_000;

    private readonly PasswordHasher<UserRow> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Rounds }));
    private readonly UserRow _nobody = new() { Id = "", Name = "" };
    private readonly string _dummy;

    public Passwords() => _dummy = _hasher.HashPassword(_nobody, Secrets.New());

    public string Hash(string password) => _hasher.HashPassword(_nobody, password);

    /// <summary>Compares; takes the same time where there is no such user, or no password.</summary>
    public bool Matches(UserRow? user, string password)
    {
        var same = _hasher.VerifyHashedPassword(user ?? _nobody, user?.PasswordHash ?? _dummy, password) != PasswordVerificationResult.Failed;
        return same && user?.PasswordHash is not null;
    }

    public static void Check(Check check, string field, string password, string name)
    {
        check.That(password.Length is >= Shortest and <= Longest, field, $"{Shortest} to {Longest} characters");
        check.That(!string.Equals(password, name, StringComparison.OrdinalIgnoreCase), field, "not the name");
    }
}
