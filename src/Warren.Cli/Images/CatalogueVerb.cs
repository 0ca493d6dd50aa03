using Warren.Contracts;

namespace Warren.Cli.Images;

internal sealed class CatalogueVerb() : Verb("catalogue", "List recipes and distributions' images that can be launched by name", "warren images catalogue")
{
    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var entries = new List<CatalogueEntry>();
        await foreach (var entry in call.Client.ListCatalogueAsync(cancellation)) entries.Add(entry);
        call.Screen.WriteList(entries, "The catalogue is empty.", ImageText.CatalogueHeadings, ImageText.CatalogueRow);
        return ExitCode.Ok;
    }
}
