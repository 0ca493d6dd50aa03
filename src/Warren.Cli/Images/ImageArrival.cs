using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Images;

/// <summary>Waits for an image and shows it.</summary>
internal static class ImageArrival
{
    public static async Task<int> FollowAsync(Invocation call, Operation operation, bool wait, CancellationToken cancellation)
    {
        if (!wait)
        {
            if (call.Screen.Json) call.Screen.WriteJson(operation);
            else call.Screen.WriteLine($"{operation.SubjectName}: operation {operation.Id}");
            return ExitCode.Ok;
        }

        await Following.RequireAsync(call, operation, cancellation);
        var image = await call.Client.GetImageAsync(operation.SubjectId, cancellation);
        call.Screen.WriteThing(image, ImageText.Properties(image));
        return ExitCode.Ok;
    }
}
