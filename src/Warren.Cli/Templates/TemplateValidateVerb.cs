using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Templates;

internal sealed class TemplateValidateVerb : Verb
{
    private readonly Argument<string[]> _files;
    private readonly Option<string> _user;
    private readonly Option<string> _machine;
    private readonly Option<bool> _userData;

    public TemplateValidateVerb() : base("validate", "Check templates without saving them; mistakes are told as FILE:LINE:COLUMN: what",
        "warren templates validate web.yaml", "warren templates validate web.yaml --user anna --user-data")
    {
        _files = Several("FILE", "Files with templates; - reads standard input");
        _user = Option<string>("--user", "Stands for {user} [you]", "NAME");
        _machine = Option<string>("--machine", "Stands for {machine} [what the template says]", "NAME");
        _userData = Option<bool>("--user-data", "Print the user-data that the guest would get");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var code = ExitCode.Ok;
        foreach (var path in call.Get(_files))
        {
            var request = new ValidateTemplateRequest { Yaml = await TemplateFile.ReadAsync(call, path, cancellation), User = call.Get(_user), Machine = call.Get(_machine) };
            var answer = await call.Client.ValidateTemplateAsync(request, cancellation);
            if (!answer.Valid) code = ExitCode.Usage;
            if (call.Screen.Json) call.Screen.WriteJson(answer);
            else if (!answer.Valid) TemplateFile.Report(call, path, answer.Errors);
            else if (call.Get(_userData)) call.Screen.Write(answer.Rendered?.UserData ?? "");
            else call.Screen.Hint($"{path}: valid");
        }

        return code;
    }
}
