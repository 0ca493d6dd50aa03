using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Images;

/// <summary>Routes under /images and /catalogue.</summary>
internal static class ImagesApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/images").WithTags("images");
        group.MapGet("/", ListAsync).WithName("listImages").WithSummary("Images in the store, newest first");
        group.MapPost("/", ImportAsync).WithName("importImage").WithMetadata(Creates.Instance).ProducesProblem(403).ProducesProblem(429).ProducesProblem(400).ProducesProblem(409).WithSummary("Have an image: from a recipe, the catalogue, a URL or a path");
        group.MapGet("/{image}", GetAsync).WithName("getImage").ProducesProblem(404).WithSummary("One image, by id or name");
        group.MapDelete("/{image}", DeleteAsync).WithName("deleteImage").ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).WithSummary("Delete an image that no machine uses");
        var catalogue = api.MapGroup("/catalogue").WithTags("images");
        catalogue.MapGet("/", CatalogueAsync).WithName("listCatalogue").WithSummary("What can be launched by name: recipes and distributions' cloud images");
        catalogue.MapGet("/{name}", EntryAsync).WithName("getCatalogueEntry").ProducesProblem(404).WithSummary("One entry, by name or alias");
    }

    private static async Task<Ok<Page<Image>>> ListAsync(WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var (page, next) = await Paging.RowsAsync(caller.Visible(db.Images.AsNoTracking()), i => i.Id, newestFirst: true, limit, after, cancellation);
        return TypedResults.Ok(new Page<Image>(await ImageViews.ViewAsync(db, page, cancellation), next));
    }

    private static async Task<AcceptedOperation> ImportAsync(ImportImageRequest request, ImageCommands commands, CancellationToken cancellation)
        => new(await commands.ImportAsync(request, cancellation));

    private static async Task<Ok<Image>> GetAsync(string image, WarrenDb db, Caller caller, HttpContext http, CancellationToken cancellation)
    {
        var row = await FindAsync(image, db.Images.AsNoTracking(), caller, cancellation);
        ETags.Send(http, row);
        return TypedResults.Ok((await ImageViews.ViewAsync(db, [row], cancellation))[0]);
    }

    private static async Task<AcceptedOperation> DeleteAsync(string image, WarrenDb db, Caller caller, ImageCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await FindAsync(image, db.Images, caller, cancellation);
        ETags.Demand(http, row);
        return new AcceptedOperation(await commands.DeleteAsync(row, cancellation));
    }

    private static async Task<Ok<Page<CatalogueEntry>>> CatalogueAsync(WarrenDb db, Caller caller, ImageSources sources, CancellationToken cancellation)
        => TypedResults.Ok(new Page<CatalogueEntry>(await WithIdsAsync([.. sources.Entries()], db, caller, cancellation)));

    private static async Task<Ok<CatalogueEntry>> EntryAsync(string name, WarrenDb db, Caller caller, ImageSources sources, CancellationToken cancellation)
    {
        var entry = sources.Find(name) ?? throw new RefusedException(Problems.NotFound($"There is no catalogue entry '{name}'."));
        return TypedResults.Ok((await WithIdsAsync([entry], db, caller, cancellation))[0]);
    }

    /// <summary>Adds the ids of those that are in the store already.</summary>
    private static async Task<List<CatalogueEntry>> WithIdsAsync(IReadOnlyList<CatalogueEntry> entries, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var sources = entries.Select(SourceOf).ToList();
        var stored = await caller.Visible(db.Images.AsNoTracking()).Where(i => i.State == ImageState.Ready && sources.Contains(i.Source))
            .OrderBy(i => i.Id).Select(i => new { i.Source, i.Id }).ToListAsync(cancellation);
        return [.. entries.Select(e => e with { ImageId = stored.LastOrDefault(s => s.Source == SourceOf(e))?.Id })];
    }

    private static string SourceOf(CatalogueEntry entry) => $"{(entry.Kind == "recipe" ? "recipe" : "catalogue")}:{entry.Name}";

    private static Task<ImageRow> FindAsync(string image, IQueryable<ImageRow> rows, Caller caller, CancellationToken cancellation)
        => caller.FindAsync(rows, i => i.Id == image || i.Name == image, $"image '{image}'", cancellation);
}
