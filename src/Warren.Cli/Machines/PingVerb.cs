using System.CommandLine;

namespace Warren.Cli.Machines;

internal sealed class PingVerb : Verb
{
    private readonly Argument<string[]> _names;

    public PingVerb() : base("ping", "Ask the agents in machines' guests whether they answer now", "warren ping web", "warren ping web && echo there")
        => _names = Several("NAME", "Names or ids of machines");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var code = ExitCode.Ok;
        foreach (var name in call.Get(_names))
        {
            var answer = await call.Client.AskAgentAsync(name, cancellation);
            if (!answer.Answers) code = ExitCode.Failed;
            if (call.Screen.Json) call.Screen.WriteJsonLine(answer);
            else if (!call.Screen.Quiet) call.Screen.WriteLine($"{name}: {(answer.Answers ? $"its agent answers, in {answer.Milliseconds:0.#} ms" : "its agent does not answer")}");
        }

        return code;
    }
}
