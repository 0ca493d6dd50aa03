using System.CommandLine;

namespace Warren.Cli.Images;

internal sealed class ImageInfoVerb : Verb
{
    private readonly Argument<string> _name;

    public ImageInfoVerb() : base("info", "Show an image", "warren images info debian-12")
        => _name = Argument<string>("NAME", "The image's name or id");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var image = await call.Client.GetImageAsync(call.Get(_name), cancellation);
        call.Screen.WriteThing(image, ImageText.Properties(image));
        return ExitCode.Ok;
    }
}
