using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Engine;

namespace Warren.Hypervisors.Docker.Images;

/// <summary>The images on the engine that machines run in.</summary>
internal sealed class ContainerImages(EngineClient engine, DockerOptions options)
{
    private static readonly TimeSpan s_longestLoad = TimeSpan.FromHours(2);

    /// <summary>Loads the image of an archive, unless the engine has it; one call at a time for an image.</summary>
    internal async Task EnsureAsync(ImageArchive archive, CancellationToken cancellation)
    {
        if (await IdAsync(archive.Tag, cancellation) is null) await LoadAsync(archive, cancellation);
    }

    /// <summary>The image that runs disks and ISOs; loaded from the host's archive when it is not there.</summary>
    /// <exception cref="HypervisorException">Rejected when it is not there, with the remedy.</exception>
    internal async Task<string> RunnerAsync(CancellationToken cancellation)
    {
        if (await IdAsync(options.RunnerImage, cancellation) is not null) return options.RunnerImage;
        if (options.RunnerArchive is not { } path)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected,
                $"the image {options.RunnerImage} is not on the engine — remedy: docker pull {options.RunnerImage}, or build images/runner and state it as runnerArchive");
        }

        if (!File.Exists(path)) throw new HypervisorException(HypervisorErrorKind.Rejected, $"settings.runnerArchive: the file {path} does not exist");
        var archive = await ImageArchive.OpenAsync(path, ImageArchive.Runners, cancellation);
        using var turn = await Gates.EnterAsync(options.Place, "image " + archive.Tag, cancellation);
        await EnsureAsync(archive, cancellation);
        return archive.Tag;
    }

    /// <summary>The engine's id of an image, or null.</summary>
    internal async Task<string?> IdAsync(string name, CancellationToken cancellation)
    {
        var answer = await engine.GetAsync($"/images/{Request.Escape(name)}/json", cancellation);
        return answer.Status == 404 ? null : (string?)answer.Require("image")["Id"];
    }

    /// <summary>Removes an image that was loaded for machines, when none is left; the runner's stays.</summary>
    internal async Task RemoveUnusedAsync(string image, CancellationToken cancellation)
    {
        if (!image.StartsWith(ImageArchive.Machines + ":", StringComparison.Ordinal)) return;
        // 409: another machine stands on it.
        (await engine.DeleteAsync($"/images/{Request.Escape(image)}", cancellation)).Insist("remove image", 404, 409);
    }

    private async Task LoadAsync(ImageArchive archive, CancellationToken cancellation)
    {
        var request = new Request(HttpMethod.Post, "/images/load?quiet=1") { Archive = archive.WriteAsync, Limit = s_longestLoad };
        await using var answer = await engine.OpenAsync(request, cancellation);
        using var reader = new StreamReader(answer);
        // Success and failure both come as 200 and lines of JSON; only what is there afterwards counts.
        var said = "";
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Contains("\"error", StringComparison.Ordinal)) said = (string?)(JsonNode.Parse(line) as JsonObject)?["error"] ?? line;
        }

        if (await IdAsync(archive.Tag, cancellation) is null)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: the engine does not take the image: {said}");
    }
}
