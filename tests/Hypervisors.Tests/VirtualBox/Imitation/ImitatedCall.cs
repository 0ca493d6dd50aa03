namespace Hypervisors.Tests.VirtualBox.Imitation;

/// <summary>The words of one call, taken one after the other.</summary>
internal sealed class ImitatedCall(IReadOnlyList<string> words, int major)
{
    private readonly List<(string Name, string Value)> _options = [];
    private int _at = 1;

    internal string Verb => words[0];

    internal IReadOnlyList<(string Name, string Value)> Options => _options;

    /// <summary>The next word that is no option.</summary>
    internal string Next() => _at < words.Count ? words[_at++] : throw BoxRefusal.Usage("Not enough parameters");

    /// <summary>All that is left, as options of a verb; refuses those it does not have.</summary>
    internal void ReadOptions(string verb)
    {
        while (_at < words.Count)
        {
            var option = words[_at++];
            var behind = ImitatedOptions.WordsBehind(verb, option, major) ?? throw BoxRefusal.Usage($"Unknown option: {option}");
            var value = behind == 0 ? "" : Next();
            if (value == "delete" && option is "--nat-pf1" or "--natpf1") value = "delete " + Next();
            _options.Add((option, value));
        }
    }

    internal bool Has(string option) => _options.Any(o => o.Name == option);

    internal string Option(string option) => Has(option) ? _options.Last(o => o.Name == option).Value : throw BoxRefusal.Usage($"Parameter {option} is required");
}

/// <summary>A failure as VBoxManage prints it.</summary>
#pragma warning disable CA1032, CA1064, RCS1194 // Thrown and caught here only.
internal sealed class BoxRefusal : Exception
{
    internal BoxRefusal(string code, uint number, string message) : base(message) => Error =
        $"VBoxManage: error: {message}\nVBoxManage: error: Details: code {code} (0x{number:x8}), component MachineWrap, interface IMachine, callee nsISupports\n"
        + "VBoxManage: error: Context: \"Imitated\" at line 1 of file Imitated.cpp\n";

    private BoxRefusal(string error, int exitCode) => (Error, ExitCode) = (error, exitCode);

    internal int ExitCode { get; } = 1;

    internal string Output { get; init; } = "";

    internal string Error { get; }

    /// <summary>Wrong words.</summary>
    internal static BoxRefusal Usage(string message) => new($"VBoxManage: error: {message}\n", 2);

    /// <summary>A failure without a code.</summary>
    internal static BoxRefusal Plain(string message) => new($"VBoxManage: error: {message}\n", 1);
}
#pragma warning restore CA1032, CA1064, RCS1194
