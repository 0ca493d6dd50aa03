using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Images.Golden;

/// <summary>Routes under /golden-images.</summary>
internal static class GoldenImagesApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/golden-images").WithTags("golden-images");
        group.MapGet("/", ListAsync).WithName("listGoldenImages").WithSummary("Golden images, newest first");
        group.MapPost("/", BuildAsync).WithName("createGoldenImage").WithMetadata(Creates.Instance).ProducesProblem(400).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Make one from a machine: from its disks, or from all of it while it runs");
        group.MapGet("/{goldenImage}", GetAsync).WithName("getGoldenImage").ProducesProblem(404).WithSummary("One golden image: by id, by NAME@VERSION, or by name, which is its newest version");
        group.MapPatch("/{goldenImage}", EditAsync).WithName("editGoldenImage").ProducesProblem(400).ProducesProblem(404).ProducesProblem(412)
            .WithSummary("Give it another name, as the next version of that, or another description");
        group.MapPost("/{goldenImage}/ready", MarkReadyAsync).WithName("markGoldenImageReady").ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Its machine has been prepared by hand: freeze it");
        group.MapDelete("/{goldenImage}", DeleteAsync).WithName("deleteGoldenImage").ProducesProblem(404).ProducesProblem(409).ProducesProblem(412)
            .WithSummary("Remove one that no machine came from");
    }

    private static async Task<Ok<Page<GoldenImage>>> ListAsync(WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var (page, next) = await Paging.RowsAsync(caller.Visible(db.GoldenImages.AsNoTracking()), g => g.Id, newestFirst: true, limit, after, cancellation);
        return TypedResults.Ok(new Page<GoldenImage>(await GoldenImageViews.ViewAsync(db, page, cancellation), next));
    }

    private static async Task<AcceptedOperation> BuildAsync(
        CreateGoldenImageRequest request, WarrenDb db, Caller caller, GoldenImageCommands commands, CancellationToken cancellation)
    {
        var name = request.Machine;
        var machine = await caller.Visible(db.Machines).FirstOrDefaultAsync(m => m.Id == name || m.Name == name, cancellation)
            ?? throw new RefusedException(Problems.Validation("machine", $"there is no machine '{name}'"));
        return new AcceptedOperation(await commands.BuildAsync(machine, request, cancellation));
    }

    private static async Task<Ok<GoldenImage>> GetAsync(string goldenImage, WarrenDb db, GoldenImageDemand demand, HttpContext http, CancellationToken cancellation)
        => await ShowAsync(await demand.FindAsync(goldenImage, cancellation), db, http, cancellation);

    private static async Task<Ok<GoldenImage>> EditAsync(
        string goldenImage, EditGoldenImageRequest request, WarrenDb db, GoldenImageDemand demand, GoldenImageCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await demand.FindAsync(goldenImage, cancellation);
        ETags.Demand(http, row);
        return await ShowAsync(await commands.EditAsync(row, request, cancellation), db, http, cancellation);
    }

    private static async Task<AcceptedOperation> MarkReadyAsync(string goldenImage, GoldenImageDemand demand, GoldenImageCommands commands, CancellationToken cancellation)
        => new(await commands.MarkReadyAsync(await demand.FindAsync(goldenImage, cancellation), cancellation));

    private static async Task<AcceptedOperation> DeleteAsync(
        string goldenImage, GoldenImageDemand demand, GoldenImageCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await demand.FindAsync(goldenImage, cancellation);
        ETags.Demand(http, row);
        return new AcceptedOperation(await commands.DeleteAsync(row, cancellation));
    }

    private static async Task<Ok<GoldenImage>> ShowAsync(GoldenImageRow row, WarrenDb db, HttpContext http, CancellationToken cancellation)
    {
        ETags.Send(http, row);
        return TypedResults.Ok((await GoldenImageViews.ViewAsync(db, [row], cancellation))[0]);
    }
}
