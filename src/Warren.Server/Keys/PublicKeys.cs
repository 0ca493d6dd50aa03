using Microsoft.EntityFrameworkCore;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Keys;

/// <summary>From key names to public keys, for whoever puts them into guests.</summary>
internal static class PublicKeys
{
    /// <exception cref="RefusedException">A key is not there.</exception>
    public static async Task<List<string>> ResolveAsync(WarrenDb db, Caller caller, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var found = new List<string>();
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            var user = caller.UserId;
            var row = await caller.Visible(db.Keys.AsNoTracking()).Where(k => k.Name == name || k.Id == name)
                    // Others in the project may have keys of that name; one's own comes first.
                    .OrderBy(k => k.OwnerId == user ? 0 : 1).FirstOrDefaultAsync(cancellation)
                ?? throw new RefusedException(Problems.Validation($"keys[{i}]", $"there is no key '{name}'; make one with 'warren keys create {name}'"));
            found.Add(row.PublicKey);
        }

        return found;
    }
}
