using Warren.Contracts;

namespace Warren.Cli.Images;

internal sealed class ImageListVerb : Verb
{
    public ImageListVerb() : base("list", "List the images in the store", "warren images list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var images = new List<Image>();
        await foreach (var image in call.Client.ListImagesAsync(cancellation)) images.Add(image);
        call.Screen.WriteList(images, "No images yet. What can be had: warren images catalogue", ImageText.Headings, i => ImageText.Row(i, call.Screen.Now));
        return ExitCode.Ok;
    }
}
