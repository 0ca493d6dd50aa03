using Spectre.Console;

namespace Warren.Cli.Terminal;

/// <summary>
/// Progress on standard error: bars on a terminal, a line for each new thing elsewhere, nothing for programs or when quiet.
/// </summary>
internal sealed class ProgressDisplay(Screen screen)
{
    /// <summary>Runs work whose parts report how far they are (0 to 100) and what they do.</summary>
    /// <param name="titles">Name of each part; longer work on one thing needs one only.</param>
    /// <param name="work">Gets the parts in the same order.</param>
    public async Task<T> ShowAsync<T>(IReadOnlyList<string> titles, Func<IReadOnlyList<IProgress<Step>>, Task<T>> work)
    {
        if (screen.Animated) return await ShowBarsAsync(titles, work);
        return await work([.. titles.Select(title => screen.Talkative ? (IProgress<Step>)new Lines(screen, title) : new Silence())]);
    }

    private async Task<T> ShowBarsAsync<T>(IReadOnlyList<string> titles, Func<IReadOnlyList<IProgress<Step>>, Task<T>> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = screen.ErrorColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(screen.Error),
        });
        return await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 24 }, new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context => work([.. titles.Select(title => new Bar(context.AddTask(Markup.Escape(title), maxValue: 100), title))]));
    }

    /// <summary>How far a part is.</summary>
    public readonly record struct Step(int Percent, string Doing);

    private sealed class Bar(ProgressTask task, string title) : IProgress<Step>
    {
        private const int Longest = 48;

        public void Report(Step value)
        {
            var doing = Printable.Of(value.Doing);
            if (doing.Length > Longest) doing = doing[..(Longest - 1)] + "…";
            task.Value = value.Percent;
            task.Description = $"{Markup.Escape(title)} [grey]{Markup.Escape(doing)}[/]";
        }
    }

    private sealed class Lines(Screen screen, string title) : IProgress<Step>
    {
        private string? _said;

        public void Report(Step value)
        {
            if (value.Doing == _said) return;
            _said = value.Doing;
            screen.Error.WriteLine($"{title}: {value.Percent,3}% {Printable.Of(value.Doing)}");
        }
    }

    private sealed class Silence : IProgress<Step>
    {
        public void Report(Step value)
        {
            // Nobody wants to know.
        }
    }
}
