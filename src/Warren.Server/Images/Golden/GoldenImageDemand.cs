using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images.Golden;

/// <summary>From what a request calls a golden image (id, NAME or NAME@VERSION) to its row.</summary>
internal sealed class GoldenImageDemand(WarrenDb db, Caller caller)
{
    /// <summary>The newest version of the name, whatever its state.</summary>
    /// <exception cref="RefusedException">There is none, or it may not be seen.</exception>
    public async Task<GoldenImageRow> FindAsync(string reference, CancellationToken cancellation)
        => caller.Saw(await Of(reference).FirstOrDefaultAsync(cancellation) ?? throw new RefusedException(Problems.NotFound($"There is no golden image '{reference}'.")));

    /// <summary>The newest version of the name that machines can be made from.</summary>
    /// <exception cref="RefusedException">There is none, or none is ready.</exception>
    public async Task<GoldenImageRow> DemandReadyAsync(string reference, CancellationToken cancellation)
    {
        if (await Of(reference).Where(g => g.State == GoldenImageState.Ready).FirstOrDefaultAsync(cancellation) is { } ready) return ready;
        throw new RefusedException(Problems.Validation("goldenImage", await Of(reference).FirstOrDefaultAsync(cancellation) is { } other
            ? $"'{other.Reference}' is {other.State.ToString().ToLowerInvariant()}; machines are made from golden images that are ready"
            : $"there is no golden image '{reference}'"));
    }

    /// <summary>Those of other projects can be seen by the owner of the server; the caller's own project comes first, and what is newer.</summary>
    private IOrderedQueryable<GoldenImageRow> Of(string reference)
    {
        var (project, name, version) = (caller.ProjectId, reference, (int?)null);
        if (reference.LastIndexOf('@') is > 0 and var at && int.TryParse(reference.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            (name, version) = (reference[..at], number);
        return caller.Visible(db.GoldenImages).Where(g => g.Id == reference || (g.Name == name && (version == null || g.LineageVersion == version)))
            .OrderBy(g => g.ProjectId == project ? 0 : 1).ThenByDescending(g => g.LineageVersion);
    }
}
