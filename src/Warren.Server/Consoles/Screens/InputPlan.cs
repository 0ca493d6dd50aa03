using System.Globalization;
using Warren.Contracts;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Screens;

/// <summary>A message, and how long to wait after it.</summary>
internal sealed record InputMessage(byte[]? Message, TimeSpan Pause);

/// <summary>What a program wants to do at a screen, as messages. Made whole before the first one is sent.</summary>
internal sealed class InputPlan
{
    private const int MostSteps = 256;
    private const int MostText = 1000;
    private const int LongestPause = 10_000;

    /// <summary>A guest's keyboard takes some 16 events at once and drops more (QEMU, hw/input/ps2.c and hid.c: QUEUE_LENGTH).</summary>
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(12);

    private readonly List<InputMessage> _messages = [];
    private readonly Dictionary<string, string[]> _wrong = new(StringComparer.Ordinal);
    private readonly int _width;
    private readonly int _height;

    private InputPlan(int width, int height) => (_width, _height) = (width, height);

    /// <summary>Makes it.</summary>
    /// <exception cref="RefusedException">A step breaks a rule; nothing was done.</exception>
    public static IReadOnlyList<InputMessage> Make(ScreenInput input, int width, int height)
    {
        var plan = new InputPlan(width, height);
        if (input.Steps.Count is 0 or > MostSteps) plan.Wrong("steps", $"1 to {MostSteps} steps");
        for (var i = 0; i < Math.Min(input.Steps.Count, MostSteps); i++) plan.Add(input.Steps[i], string.Create(CultureInfo.InvariantCulture, $"steps[{i}]"));
        if (input.Steps.Sum(s => (long)(s?.Text?.Length ?? 0)) > MostText) plan.Wrong("steps", $"at most {MostText} characters of text");
        if (input.Steps.Sum(s => (long)(s?.PauseMilliseconds ?? 0)) > LongestPause) plan.Wrong("steps", $"at most {LongestPause} ms of pauses");
        return plan._wrong.Count == 0 ? plan._messages : throw new RefusedException(Problems.Validation(plan._wrong));
    }

    private void Add(InputStep? step, string field)
    {
        var given = step is null ? 0 : (step.Text is null ? 0 : 1) + (step.Keys is null ? 0 : 1) + (step.Mouse is null ? 0 : 1) + (step.PauseMilliseconds is null ? 0 : 1);
        if (given != 1) Wrong(field, "exactly one of text, keys, mouse, pauseMilliseconds");
        else if (step!.Text is { } text) Type(text, field + ".text");
        else if (step.Keys is { } keys) Press(keys, field + ".keys");
        else if (step.Mouse is { } mouse) Point(mouse, field + ".mouse");
        else if (step.PauseMilliseconds is < 0 or > LongestPause) Wrong(field + ".pauseMilliseconds", $"0 to {LongestPause}");
        else _messages.Add(new(null, TimeSpan.FromMilliseconds(step.PauseMilliseconds!.Value)));
    }

    private void Type(string text, string field)
    {
        foreach (var character in text.EnumerateRunes())
        {
            if (KeyNames.Of(character) is not { } symbol)
            {
                Wrong(field, string.Create(CultureInfo.InvariantCulture, $"no key types U+{character.Value:X4}"));
                return;
            }

            if (KeyNames.NeedsShift(character)) Chord([KeyNames.Shift, symbol]);
            else Chord([symbol]);
        }
    }

    private void Press(string keys, string field)
    {
        var symbols = keys.Split('+').Select(k => (Name: k, Symbol: KeyNames.Find(k))).ToArray();
        if (symbols.Length > 8) Wrong(field, "at most 8 keys together");
        else if (symbols.FirstOrDefault(s => s.Symbol is null) is { Name: { } unknown }) Wrong(field, $"'{unknown}' is no key; there are {KeyNames.All}");
        else Chord([.. symbols.Select(s => s.Symbol!.Value)]);
    }

    private void Chord(uint[] symbols)
    {
        foreach (var symbol in symbols) Send(Messages.Key(symbol, down: true));
        foreach (var symbol in symbols.Reverse()) Send(Messages.Key(symbol, down: false));
    }

    private void Point(MouseStep step, string field)
    {
        if (step.X < 0 || step.X >= _width) Wrong(field + ".x", $"0 to {_width - 1}");
        if (step.Y < 0 || step.Y >= _height) Wrong(field + ".y", $"0 to {_height - 1}");
        // Bits of RFC 6143, 7.5.5: left, middle, right, then the wheel.
        var button = step.Action switch
        {
            MouseAction.ScrollUp => 8,
            MouseAction.ScrollDown => 16,
            _ => 1 << (int)step.Button,
        };
        if (step.Action != MouseAction.Down && step.Action != MouseAction.Up) Send(Messages.Pointer(0, step.X, step.Y));
        if (step.Action == MouseAction.Move) return;
        for (var times = step.Action == MouseAction.DoubleClick ? 2 : 1; times > 0; times--)
        {
            if (step.Action != MouseAction.Up) Send(Messages.Pointer((byte)button, step.X, step.Y));
            if (step.Action != MouseAction.Down) Send(Messages.Pointer(0, step.X, step.Y));
        }
    }

    private void Send(byte[] message) => _messages.Add(new(message, s_pace));

    private void Wrong(string field, string rule) => _wrong[field] = [rule];
}
