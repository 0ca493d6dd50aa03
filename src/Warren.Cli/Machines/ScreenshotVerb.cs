using System.CommandLine;

namespace Warren.Cli.Machines;

/// <summary>A picture of a machine's screen as a file.</summary>
internal sealed class ScreenshotVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string?> _output;
    private readonly Option<int?> _width;
    private readonly Option<double?> _stable;

    public ScreenshotVerb() : base("screenshot", "Take a picture of a machine's screen",
        "warren screenshot web", "warren screenshot web --stable 2 --output now.png", "warren screenshot web --width 320 --output -")
    {
        _name = Argument<string>("NAME", "The machine's name or id");
        _output = Option<string?>("--output", "The file, PNG; - is standard output (NAME.png)", "FILE", "-o");
        _width = Option<int?>("--width", "Make it smaller: pixels", "N");
        _stable = Option<double?>("--stable", "Wait until nothing has changed for so many seconds", "SECONDS");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var shot = await call.Client.GetScreenshotAsync(
            call.Get(_name), call.Get(_width), call.Get(_stable) is { } seconds ? TimeSpan.FromSeconds(seconds) : null, cancellation);
        var output = call.Get(_output) ?? call.Get(_name) + ".png";
        if (output == "-")
        {
            await using var stream = call.Around.OpenOut();
            await stream.WriteAsync(shot.Png, cancellation);
            return ExitCode.Ok;
        }

        await File.WriteAllBytesAsync(output, shot.Png, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(new { File = output, shot.ScreenWidth, shot.ScreenHeight });
        else call.Screen.WriteLine($"{output}: the screen has {shot.ScreenWidth} x {shot.ScreenHeight} pixels");
        return ExitCode.Ok;
    }
}
