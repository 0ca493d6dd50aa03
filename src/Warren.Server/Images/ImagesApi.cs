using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Images;

/// <summary>Routes under /images.</summary>
internal static class ImagesApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/images").WithTags("images");
        group.MapGet("/", ListAsync).WithName("listImages").WithSummary("Images in the store, newest first");
        group.MapGet("/{image}", GetAsync).WithName("getImage").ProducesProblem(404).WithSummary("One image, by id or name");
    }

    private static async Task<Ok<Page<Image>>> ListAsync(WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var (page, next) = await Paging.RowsAsync(caller.Visible(db.Images.AsNoTracking()), i => i.Id, newestFirst: true, limit, after, cancellation);
        return TypedResults.Ok(new Page<Image>(await ImageViews.ViewAsync(db, page, cancellation), next));
    }

    private static async Task<Ok<Image>> GetAsync(string image, WarrenDb db, Caller caller, HttpContext http, CancellationToken cancellation)
    {
        var row = await caller.FindAsync(db.Images.AsNoTracking(), i => i.Id == image || i.Name == image, $"image '{image}'", cancellation);
        ETags.Send(http, row);
        return TypedResults.Ok((await ImageViews.ViewAsync(db, [row], cancellation))[0]);
    }
}
