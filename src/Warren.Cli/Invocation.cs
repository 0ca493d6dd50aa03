using System.CommandLine;
using Warren.Cli.Keys;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli;

/// <summary>One run of a verb: its parsed values, the server it talks to and where its output goes.</summary>
internal sealed class Invocation(ParseResult parsed, GlobalOptions globals, Surroundings around) : IDisposable
{
    private WarrenClient? _client;

    public Surroundings Around { get; } = around;

    public Screen Screen { get; } = new(around, parsed.GetValue(globals.Format) is "json", parsed.GetValue(globals.Quiet));

    public KeyFolder Keys { get; } = new(around.ConfigFolder);

    /// <summary>The server, found when first needed.</summary>
    public WarrenClient Client => _client ??= ServerAddress.Find(Around, parsed.GetValue(globals.Server)).Connect(Around.Time);

    /// <summary>The server's address when somebody named it; null for the one on this machine, whose address may change.</summary>
    public Uri? NamedServer => (parsed.GetValue(globals.Server) ?? Around.Setting("WARREN_URL")) is null ? null : Client.Server;

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>An argument that may be left out.</summary>
    public T? Find<T>(Argument<T> argument) => parsed.GetValue(argument);

    /// <summary>Whether the user typed the option.</summary>
    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    public void Dispose() => _client?.Dispose();
}

/// <summary>Options that every verb has.</summary>
internal sealed class GlobalOptions
{
    public GlobalOptions() => Format.AcceptOnlyFromAmong("table", "json");

    public Option<string> Format { get; } = new("--format")
    {
        Description = "table for people, json for programs: exactly what the API says",
        HelpName = "table|json",
        Recursive = true,
    };

    public Option<string> Server { get; } = new("--server")
    {
        Description = "Address of the server [WARREN_URL, else the one on this machine]",
        HelpName = "URL",
        Recursive = true,
    };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "No progress, no hints", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Options.Add(Format);
        root.Options.Add(Server);
        root.Options.Add(Quiet);
    }
}
