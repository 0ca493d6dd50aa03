using System.CommandLine;
using Warren.Cli.Operations;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Images;

internal sealed class ImageImportVerb : Verb
{
    private readonly Argument<string[]> _sources;
    private readonly Option<string> _name;
    private readonly Option<string> _checksum;
    private readonly Option<string> _format;
    private readonly Option<string> _user;
    private readonly Option<bool> _insecure;
    private readonly Option<bool> _noWait;

    public ImageImportVerb() : base("import", "Bring images into the store: from a URL, from a file of this machine, or from the catalogue",
        "warren images import ubuntu-24.04",
        "warren images import https://example.org/disk.qcow2 --checksum sha256:9f86d0…",
        "warren images import ./rescue.iso --insecure --name rescue")
    {
        _sources = Several("SOURCE", "URL, path or name of a catalogue entry");
        _name = Option<string>("--name", "Name of the image [the file's]", "NAME", "-n");
        _checksum = Option<string>("--checksum", "What the file must be: sha256:HEX or sha512:HEX", "CHECKSUM");
        _format = Option<string>("--disk-format", "qcow2, raw, iso or container [found by looking]", "FORMAT");
        _format.AcceptOnlyFromAmong("qcow2", "raw", "iso", "container");
        _user = Option<string>("--user", "User that cloud-init sets up for logging in", "NAME");
        _insecure = Option<bool>("--insecure", "Let it in although it cannot be verified");
        _noWait = Option<bool>("--no-wait", "Print the operation and do not wait for it");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var sources = call.Get(_sources);
        if (sources.Length > 1 && (call.Has(_name) || call.Has(_checksum))) throw Refusal.Invalid("--name, --checksum", "go with one source only");
        foreach (var source in sources)
        {
            var code = await Following.ShowAsync(call, await ImportAsync(call, source, cancellation), !call.Get(_noWait), call.Client.GetImageAsync, ImageText.Properties, cancellation);
            if (code != ExitCode.Ok) return code;
        }

        return ExitCode.Ok;
    }

    private async Task<Operation> ImportAsync(Invocation call, string source, CancellationToken cancellation)
    {
        var request = new ImportImageRequest
        {
            Name = call.Get(_name),
            Checksum = call.Get(_checksum),
            Format = call.Get(_format),
            DefaultUser = call.Get(_user),
            Insecure = call.Get(_insecure),
        };
        if (source.Contains("://", StringComparison.Ordinal)) return await call.Client.ImportImageAsync(request with { Url = source }, cancellation);
        if (File.Exists(source)) return await UploadAsync(call, source, request, cancellation);
        return source.Contains('/', StringComparison.Ordinal)
            ? throw Refusal.Invalid("SOURCE", $"there is no file {source}")
            : await call.Client.ImportImageAsync(request with { Catalogue = source }, cancellation);
    }

    private static async Task<Operation> UploadAsync(Invocation call, string path, ImportImageRequest request, CancellationToken cancellation)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var name = request.Name ?? Path.GetFileNameWithoutExtension(path);
        return await new ProgressDisplay(call.Screen).ShowAsync([name],
            parts => call.Client.UploadImageAsync(name, Path.GetFileName(path), file, request, new Sent(parts[0], file.Length), cancellation));
    }

    private sealed class Sent(IProgress<ProgressDisplay.Step> part, long total) : IProgress<long>
    {
        private int _told = -1;

        public void Report(long value)
        {
            var percent = total == 0 ? 100 : (int)(value * 100 / total);
            // A line each time would be too many where there is no bar.
            if (percent / 10 == _told / 10 && percent != 100) return;
            _told = percent;
            part.Report(new ProgressDisplay.Step(percent, $"sending, {Figures.Bytes(value)} of {Figures.Bytes(total)}"));
        }
    }
}
