using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class TokenListVerb : Verb
{
    private static readonly string[] s_headings = ["ID", "NAME", "SCOPE", "PROJECT", "CREATED", "LAST USED", "ENDS"];

    public TokenListVerb() : base("list", "List bearer tokens", "warren tokens list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var tokens = new List<ApiToken>();
        await foreach (var token in call.Client.ListTokensAsync(cancellation)) tokens.Add(token);
        call.Screen.WriteList(tokens, "No tokens.", s_headings, t => Row(t, call.Screen.Now));
        return ExitCode.Ok;
    }

    public static IReadOnlyList<Cell> Row(ApiToken t, DateTimeOffset now) =>
    [
        t.Id, t.Name, t.Scope.ToString().ToLowerInvariant(), t.Project ?? "", Figures.Time(t.CreatedAt), t.LastUsedAt is { } used ? $"{Figures.Span(now - used)} ago" : "never",
        t.ExpiresAt is { } ends ? Figures.Time(ends) : "never",
    ];
}
