using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Access;

/// <summary>What a user is in a project, at this moment.</summary>
/// <param name="User">The user.</param>
/// <param name="ProjectRole">Their role in the project; null: they are no member of it.</param>
internal sealed record Standing(UserRow User, ProjectRole? ProjectRole)
{
    /// <summary>Whether they get in at all: a disabled user does not, nor does one who is no member, unless they see everything.</summary>
    public bool Stands => User.DisabledAt is null && (User.IsAdministrator || ProjectRole is not null);

    /// <summary>Null when there is no such user.</summary>
    public static async Task<Standing?> OfAsync(WarrenDb db, string userId, string projectId, CancellationToken cancellation)
    {
        var found = await (from u in db.Users.AsNoTracking()
                           where u.Id == userId
                           join m in db.ProjectMembers.AsNoTracking() on new { UserId = u.Id, ProjectId = projectId } equals new { m.UserId, m.ProjectId } into members
                           from m in members.DefaultIfEmpty()
                           select new { User = u, Role = m == null ? (ProjectRole?)null : m.Role }).SingleOrDefaultAsync(cancellation);
        return found is null ? null : new Standing(found.User, found.Role);
    }

    /// <summary>Whether these roles allow using a machine that is shared with somebody.</summary>
    public static bool MayUse(UserRole role, ProjectRole shared) => role != UserRole.Viewer && shared == Contracts.ProjectRole.Member;

    /// <summary>Whether these roles allow changing what is in the project.</summary>
    public static bool MayChange(UserRole role, ProjectRole? inProject) => role switch
    {
        UserRole.Owner or UserRole.Administrator => true,
        UserRole.Member => inProject is Contracts.ProjectRole.Administrator or Contracts.ProjectRole.Member,
        _ => false,
    };
}

/// <summary>How sessions and tokens are written down where something depends on them.</summary>
internal static class Credentials
{
    public static string Session(string handle) => "session:" + handle;

    public static string Token(string id) => "token:" + id;

    /// <summary>The handle or id, if it is of this sort.</summary>
    public static string? Of(string? credential, string sort)
        => credential?.StartsWith(sort + ":", StringComparison.Ordinal) == true ? credential[(sort.Length + 1)..] : null;
}
