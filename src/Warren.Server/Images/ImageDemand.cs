using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images;

/// <summary>From the name in a launch request to an image that is in the store or on its way there.</summary>
internal sealed class ImageDemand(WarrenDb db, Caller caller)
{
    /// <summary>Finds the image; a recipe or catalogue entry that is not in the store yet is ordered. The caller saves.</summary>
    /// <exception cref="RefusedException">Nothing of that name, or the image could not be had.</exception>
    public async Task<ImageRow> DemandAsync(string name, CancellationToken cancellation)
    {
        var stored = await caller.Visible(db.Images).FirstOrDefaultAsync(i => i.Name == name || i.Id == name, cancellation);
        if (stored is { State: ImageState.Failed })
            throw new RefusedException(Problems.Validation("image", $"'{name}' could not be had: {stored.Problem?.Detail}. Delete it and try again."));
        return stored ?? throw new RefusedException(Problems.Validation("image", $"there is no image, recipe or catalogue entry '{name}'"));
    }
}
