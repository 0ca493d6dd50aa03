using System.Formats.Tar;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Storage;

/// <summary>A piece of work on the engine's host, done in a container that goes away afterwards.</summary>
/// <param name="Image">Image it runs in.</param>
/// <param name="Script">Shell script; data comes as <c>$1</c>, <c>$2</c>, …, never as part of it.</param>
/// <param name="Arguments">Those.</param>
internal sealed record HelperJob(string Image, string Script, params string[] Arguments)
{
    internal JsonArray Mounts { get; init; } = [];

    internal JsonArray Devices { get; init; } = [];

    internal JsonArray Capabilities { get; init; } = [];

    /// <summary>Files put into folders of the container before it starts.</summary>
    internal IReadOnlyList<Upload> Uploads { get; init; } = [];

    internal TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>A file for a container.</summary>
/// <param name="Folder">Folder in the container, which exists there.</param>
/// <param name="Name">Name of the file.</param>
/// <param name="Open">Opens the content.</param>
internal sealed record Upload(string Folder, string Name, Func<Stream> Open);

/// <summary>How the work ended.</summary>
internal sealed record HelperResult(int ExitCode, string Output);

/// <summary>Runs such pieces of work: no network, no more rights than asked for.</summary>
internal sealed class HelperContainers(EngineClient engine, MachineMarks marks, MachineContainers containers, TimeProvider clock)
{
    private const int LongestOutput = 64 << 10;

    /// <summary>Runs a job to its end.</summary>
    /// <exception cref="HypervisorException">Rejected when it does not start; Unreachable when it outlives its limit.</exception>
    internal async Task<HelperResult> RunAsync(HelperJob job, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["Image"] = job.Image,
            ["Entrypoint"] = new JsonArray("/bin/sh", "-c"),
            ["Cmd"] = new JsonArray([job.Script, "sh", .. job.Arguments.Select(a => JsonValue.Create(a))]),
            ["Tty"] = true,
            ["Labels"] = marks.HelperLabels(),
            ["HostConfig"] = new JsonObject
            {
                ["NetworkMode"] = "none",
                ["Mounts"] = job.Mounts.DeepClone(),
                ["Devices"] = job.Devices.DeepClone(),
                ["CapAdd"] = job.Capabilities.DeepClone(),
                ["SecurityOpt"] = new JsonArray("no-new-privileges"),
                ["LogConfig"] = new JsonObject { ["Type"] = "json-file" },
            },
        };
        var made = await engine.CreateContainerAsync(null, body, cancellation);
        if (made.Status == 404) throw new HypervisorException(HypervisorErrorKind.Rejected, $"the image {job.Image} is not on the engine");
        var id = (string)made.Require("helper")["Id"]!;
        try
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var upload in job.Uploads) await UploadAsync(id, upload, cancellation);
            (await engine.PostAsync($"/containers/{id}/start", null, cancellation)).Insist("helper");
            var ended = await engine.SendAsync(new Request(HttpMethod.Post, $"/containers/{id}/wait") { Limit = job.Limit }, cancellation);
            return new HelperResult((int)ended.Require("helper")["StatusCode"]!, await OutputAsync(id, cancellation));
        }
        finally
        {
            await TryRemoveAsync(id);
        }
    }

    /// <summary>Runs a job that must end with 0.</summary>
    /// <exception cref="HypervisorException">Rejected, with what it printed.</exception>
    internal async Task<string> RequireAsync(string what, HelperJob job, CancellationToken cancellation)
    {
        var result = await RunAsync(job, cancellation);
        if (result.ExitCode == 0) return result.Output;
        var said = result.Output.Trim();
        throw new HypervisorException(HypervisorErrorKind.Rejected,
            string.Create(CultureInfo.InvariantCulture, $"{what} ended with {result.ExitCode}: {(said.Length > 600 ? said[^600..] : said)}"));
    }

    /// <summary>Puts a file into a container, which need not run (PUT /containers/{id}/archive).</summary>
    internal async Task UploadAsync(string nativeId, Upload upload, CancellationToken cancellation)
    {
        var request = new Request(HttpMethod.Put, $"/containers/{nativeId}/archive?path={Request.Escape(upload.Folder)}")
        {
            Limit = TimeSpan.FromHours(2),
            Archive = async (stream, token) =>
            {
                await using var content = upload.Open();
                await using var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true);
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, upload.Name)
                {
                    DataStream = content,
                    Mode = OwnerOnly.File,
                    ModificationTime = clock.GetUtcNow(),
                }, token);
            },
        };
        (await engine.SendAsync(request, cancellation)).Insist($"upload of {upload.Name}");
    }

    /// <summary>Removes what a server left that died in the middle of its work.</summary>
    internal async Task SweepAsync(CancellationToken cancellation)
    {
        var filters = Request.Filters(("label", [$"{MachineMarks.Helper}=1", .. marks.Filter]));
        var all = (await engine.GetAsync($"/containers/json?all=1&filters={filters}", cancellation)).Require("list") as JsonArray ?? [];
        foreach (var helper in all)
        {
            var age = clock.GetUtcNow().ToUnixTimeSeconds() - ((long?)helper?["Created"] ?? 0);
            if ((string?)helper?["State"] is not "running" && age > 3600) await containers.RemoveAsync((string)helper!["Id"]!, cancellation);
        }
    }

    private async Task<string> OutputAsync(string id, CancellationToken cancellation)
    {
        await using var log = await engine.OpenAsync(new Request(HttpMethod.Get, $"/containers/{id}/logs?stdout=1&stderr=1"), cancellation);
        var buffer = new byte[LongestOutput];
        var length = await log.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, length).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    private async Task TryRemoveAsync(string id)
    {
        try
        {
            await containers.RemoveAsync(id, CancellationToken.None);
        }
        catch (HypervisorException)
        {
            // The work's own end is what counts; the sweep finds it later.
        }
    }
}
