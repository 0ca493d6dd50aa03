using System.CommandLine;
using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Images;

internal sealed class ImageBuildVerb : Verb
{
    private readonly Argument<string> _recipe;
    private readonly Option<string> _name;
    private readonly Option<bool> _noWait;

    public ImageBuildVerb() : base("build", "Build an image from a recipe", "warren images build debian-12", "warren images build tiny --name tiny-test")
    {
        _recipe = Argument<string>("RECIPE", "The recipe (see `warren images catalogue`)");
        _name = Option<string>("--name", "Name of the image [the recipe's]", "NAME", "-n");
        _noWait = Option<bool>("--no-wait", "Print the operation and do not wait for it");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new ImportImageRequest { Recipe = call.Get(_recipe), Name = call.Get(_name) };
        return await Following.ShowAsync(call, await call.Client.ImportImageAsync(request, cancellation), !call.Get(_noWait), call.Client.GetImageAsync, ImageText.Properties, cancellation);
    }
}
