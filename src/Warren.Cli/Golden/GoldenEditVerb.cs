using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Golden;

internal sealed class GoldenEditVerb : Verb
{
    private readonly Argument<string> _image;
    private readonly Option<string> _name;
    private readonly Option<string> _description;

    public GoldenEditVerb() : base("edit", "Rename or describe a golden image", "warren golden edit dev@2 --description 'before the upgrade'", "warren golden edit dev --name stable")
    {
        _image = Argument<string>("NAME", "Name (its newest version), NAME@VERSION or id");
        _name = Option<string>("--name", "New name; it becomes the next version of that", "NAME", "-n");
        _description = Option<string>("--description", "New description; empty for none", "TEXT");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var image = await call.Client.EditGoldenImageAsync(call.Get(_image), new EditGoldenImageRequest { Name = call.Get(_name), Description = call.Get(_description) }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(image);
        else call.Screen.Hint($"{GoldenText.Reference(image)}: changed");
        return ExitCode.Ok;
    }
}
