using System.CommandLine;
using System.Globalization;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>A hand at a machine's keyboard and pointer: what is given is done in the order click, text, keys, Enter.</summary>
internal sealed class TypeVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Argument<string?> _text;
    private readonly Option<string?> _click;
    private readonly Option<string?> _keys;
    private readonly Option<bool> _enter;

    public TypeVerb() : base("type", "Type at a machine's screen, press keys, click",
        "warren type web \"hello there\" --enter", "warren type web --keys ctrl+alt+delete", "warren type web --click 200,120")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _text = Argument<string?>("TEXT", "Text, as on a US keyboard");
        _text.Arity = ArgumentArity.ZeroOrOne;
        _click = Option<string?>("--click", "Click there first: pixels of the screen from its left and top", "X,Y");
        _keys = Option<string?>("--keys", "Press these together: names joined by +", "KEYS");
        _enter = Option<bool>("--enter", "Press Enter at the end");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var steps = new List<InputStep>();
        if (call.Get(_click) is { } click) steps.Add(new() { Mouse = Place(click) });
        if (call.Find(_text) is { Length: > 0 } text) steps.Add(new() { Text = text });
        if (call.Get(_keys) is { } keys) steps.Add(new() { Keys = keys });
        if (call.Get(_enter)) steps.Add(new() { Keys = "enter" });
        if (steps.Count == 0) throw Refusal.Invalid("TEXT", "nothing to do: give a TEXT, --keys, --click or --enter");
        await call.Client.SendInputAsync(call.Get(_name), new ScreenInput { Steps = steps }, cancellation);
        return ExitCode.Ok;
    }

    private static MouseStep Place(string place)
    {
        var parts = place.Split(',');
        return parts.Length == 2 && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var x) && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var y)
            ? new MouseStep(x, y)
            : throw Refusal.Invalid("--click", $"'{place}' is not X,Y, two whole numbers");
    }
}
