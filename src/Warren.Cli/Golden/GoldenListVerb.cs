using Warren.Contracts;

namespace Warren.Cli.Golden;

internal sealed class GoldenListVerb : Verb
{
    public GoldenListVerb() : base("list", "List golden images", "warren golden list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var images = new List<GoldenImage>();
        await foreach (var image in call.Client.ListGoldenImagesAsync(cancellation)) images.Add(image);
        call.Screen.WriteList(images, "No golden images. Make one of a prepared machine: warren golden create NAME --machine MACHINE --kind warm", GoldenText.Headings, g => GoldenText.Row(g, call.Screen.Now));
        return ExitCode.Ok;
    }
}
