namespace Warren.Server.Access.OpenId;

/// <summary>Settings under <c>Access:OpenIdConnect</c>: the provider that people may log in by.</summary>
internal sealed class OpenIdSettings
{
    public const string Section = "Access:OpenIdConnect";

    /// <summary>What stands on the button.</summary>
    public string Name { get; init; } = "single sign-on";

    /// <summary>Where the provider's discovery document lies below; https, or http on loopback.</summary>
    public string Authority { get; init; } = "";

    /// <summary>What the provider knows this server by.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>The secret of the client; absent for a public one, which PKCE alone protects.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>A file that holds the secret instead.</summary>
    public string? ClientSecretFile { get; init; }

    /// <summary>Whether somebody whom nobody knows here yet gets an account, as a member.</summary>
    public bool SignUp { get; init; }

    /// <summary>Only addresses of these domains get one, and only those that the provider has verified; empty: all.</summary>
    public IList<string> Domains { get; init; } = [];

    /// <summary>Null where none is set up.</summary>
    /// <exception cref="InvalidOperationException">A setting is missing, or not allowed.</exception>
    public static OpenIdSettings? Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        if (!section.Exists()) return null;
        var read = section.Get<OpenIdSettings>() ?? new OpenIdSettings();
        if (!Uri.TryCreate(read.Authority, UriKind.Absolute, out var authority) || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback)))
            throw new InvalidOperationException($"{Section}:Authority is '{read.Authority}'; it must be an https URL (http on loopback only)");
        if (read.ClientId.Length == 0) throw new InvalidOperationException($"{Section}:ClientId is missing");
        if (read is { ClientSecret: not null, ClientSecretFile: not null }) throw new InvalidOperationException($"{Section}: give ClientSecret or ClientSecretFile, not both");
        return new OpenIdSettings
        {
            Name = read.Name,
            Authority = read.Authority,
            ClientId = read.ClientId,
            ClientSecret = read.ClientSecretFile is { } file ? File.ReadAllText(file).Trim() : read.ClientSecret,
            SignUp = read.SignUp,
            Domains = [.. read.Domains.Select(d => d.TrimStart('@').ToLowerInvariant())],
        };
    }

    /// <summary>Whether somebody of this address may have an account made for them.</summary>
    public bool Takes(string? email, bool verified)
        => SignUp && (Domains.Count == 0 || (verified && email is not null && Domains.Contains(email[(email.LastIndexOf('@') + 1)..].ToLowerInvariant())));
}
