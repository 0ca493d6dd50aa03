using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images;

/// <summary>From the name in a launch request to an image that is in the store or on its way there.</summary>
internal sealed class ImageDemand(WarrenDb db, Caller caller, ImageSources sources, ImageCommands commands)
{
    /// <summary>What is known of an image before it is ordered; nothing is changed.</summary>
    /// <returns>Its format, where it is known, and its least and its ordinary memory.</returns>
    /// <exception cref="RefusedException">Nothing of that name.</exception>
    public async Task<(string? Format, int? MinimumMemoryMib, int? DefaultMemoryMib)> LookAsync(string name, CancellationToken cancellation)
    {
        if (await StoredAsync(name, cancellation) is { } stored) return (stored.Format, stored.MinimumMemoryMib, stored.DefaultMemoryMib);
        return sources.Find(name) is { } entry ? (null, entry.MinimumMemoryMiB, entry.DefaultMemoryMiB)
            : throw new RefusedException(Problems.Validation("image", $"there is no image, recipe or catalogue entry '{name}'"));
    }

    /// <summary>What is said of its guest: <c>agent</c>, <c>ssh</c>, …; nothing when there is nothing of that name.</summary>
    public async Task<IReadOnlyList<string>> FeaturesAsync(string name, CancellationToken cancellation)
        => await StoredAsync(name, cancellation) is { } stored ? stored.Features.Split(' ') : sources.Find(name)?.Features ?? [];

    /// <summary>Finds the image; a recipe or catalogue entry that is not in the store yet is ordered. The caller saves.</summary>
    /// <exception cref="RefusedException">Nothing of that name, or the image could not be had.</exception>
    public async Task<ImageRow> DemandAsync(string name, CancellationToken cancellation)
    {
        var entry = sources.Find(name);
        var stored = await StoredAsync(name, cancellation);
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

    /// <summary>Images of other projects can be seen by the owner of the server; the caller's own project comes first.</summary>
    private Task<ImageRow?> StoredAsync(string name, CancellationToken cancellation)
    {
        var (project, canonical) = (caller.ProjectId, sources.Find(name)?.Name ?? name);
        return caller.Visible(db.Images).Where(i => i.Name == name || i.Name == canonical || i.Id == name)
            .OrderBy(i => i.ProjectId == project ? 0 : 1).ThenBy(i => i.Name == name ? 0 : 1).FirstOrDefaultAsync(cancellation);
    }
}
