using System.CommandLine;

namespace Warren.Cli;

/// <summary>One verb of the command line, with its options, its examples and what it does.</summary>
internal abstract class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Lines of the help's Examples part.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    public abstract Task<int> RunAsync(Invocation call, CancellationToken cancellation);

    protected Option<T> Option<T>(string name, string description, string? value = null, params string[] aliases)
    {
        var option = new Option<T>(name, aliases) { Description = description, HelpName = value };
        Options.Add(option);
        return option;
    }

    protected Argument<T> Argument<T>(string name, string description)
    {
        var argument = new Argument<T>(name) { Description = description, HelpName = name };
        Arguments.Add(argument);
        return argument;
    }

    /// <summary>One or more of something.</summary>
    protected Argument<string[]> Several(string name, string description)
    {
        var argument = Argument<string[]>(name, description);
        argument.Arity = ArgumentArity.OneOrMore;
        return argument;
    }
}

/// <summary>A noun that gathers verbs: <c>keys</c>, <c>images</c>.</summary>
internal sealed class Noun : Command
{
    /// <summary>The verb that is meant when none is named, or null: then its help is shown.</summary>
    public string? ByItself { get; init; }

    public Noun(string name, string? alias, string description, params Verb[] verbs) : base(name, description)
    {
        if (alias is not null) Aliases.Add(alias);
        foreach (var verb in verbs) Subcommands.Add(verb);
    }
}
