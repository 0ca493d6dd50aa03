using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images;

/// <summary>From the name in a launch request to an image that is in the store or on its way there.</summary>
internal sealed class ImageDemand(WarrenDb db, Caller caller, ImageSources sources, ImageCommands commands)
{
    /// <summary>Finds the image; a recipe or catalogue entry that is not in the store yet is ordered. The caller saves.</summary>
    /// <exception cref="RefusedException">Nothing of that name, or the image could not be had.</exception>
    public async Task<ImageRow> DemandAsync(string name, CancellationToken cancellation)
    {
        // Images of other projects can be seen by the owner of the server; the caller's own project comes first.
        var (project, entry) = (caller.ProjectId, sources.Find(name));
        var canonical = entry?.Name ?? name;
        var stored = await caller.Visible(db.Images).Where(i => i.Name == name || i.Name == canonical || i.Id == name)
            .OrderBy(i => i.ProjectId == project ? 0 : 1).ThenBy(i => i.Name == name ? 0 : 1).FirstOrDefaultAsync(cancellation);
        if (stored is { State: ImageState.Failed })
        {
            if (!stored.Source.StartsWith("recipe:", StringComparison.Ordinal) && !stored.Source.StartsWith("catalogue:", StringComparison.Ordinal))
                throw new RefusedException(Problems.Validation("image", $"'{name}' could not be had: {stored.Problem?.Detail}. Delete it and try again."));
            commands.Retry(stored);
        }

        if (stored is not null) return stored;
        if (entry is null) throw new RefusedException(Problems.Validation("image", $"there is no image, recipe or catalogue entry '{name}'"));
        var recipe = entry.Kind == "recipe";
        return (await commands.OrderAsync(recipe ? entry.Name : null, recipe ? null : entry.Name, null, insecure: false, cancellation)).Image;
    }
}
