using System.CommandLine;
using Warren.Cli.Terminal;

namespace Warren.Cli.Audit;

/// <summary>All of the trail as a file, with the hashes by which it can be verified without the server.</summary>
internal sealed class AuditExportVerb : Verb
{
    private readonly Argument<string> _file;
    private readonly Option<long> _after;

    public AuditExportVerb() : base("export", "Write all entries to a file, oldest first, one JSON object a line", "warren audit export audit.ndjson", "warren audit export - --after 12000")
    {
        _file = Argument<string>("FILE", "The file; - is standard output");
        _after = Option<long>("--after", "Only entries behind this number", "SEQ");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var file = call.Get(_file);
        if (call.Get(_after) < 0) throw Refusal.Invalid("--after", "0 or more");
        try
        {
            if (file == "-")
            {
                await using var output = call.Around.OpenOut();
                await call.Client.ExportAuditAsync(output, call.Get(_after), cancellation);
                return ExitCode.Ok;
            }

            // What is not whole must not pass for the trail.
            var part = file + ".part";
            try
            {
                await using (var to = new FileStream(part, FileMode.Create, FileAccess.Write)) await call.Client.ExportAuditAsync(to, call.Get(_after), cancellation);
                File.Move(part, file, overwrite: true);
            }
            finally
            {
                File.Delete(part);
            }
        }
        catch (HttpRequestException e)
        {
            throw new IOException("The export broke off; try it again.", e);
        }

        if (call.Screen.Json) call.Screen.WriteJson(new { File = file, Bytes = new FileInfo(file).Length });
        else call.Screen.WriteLine($"{file}: {Figures.Bytes(new FileInfo(file).Length)}");
        return ExitCode.Ok;
    }
}
