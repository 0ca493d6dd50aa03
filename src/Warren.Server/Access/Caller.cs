using System.Linq.Expressions;
using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>
/// Who is asking, and the one place that says what they may see and touch. What one may not see does not exist: it is
/// "not found", so that ids cannot be tried out.
/// </summary>
internal sealed class Caller(IHttpContextAccessor http) : IOwned
{
    public const string ProjectClaim = "project";
    public const string RoleClaim = "role";

    private ClaimsPrincipal? _actingFor;

    public string UserId => Claim(ClaimTypes.NameIdentifier);

    public string UserName => Claim(ClaimTypes.Name);

    /// <summary>What the caller makes is the caller's.</summary>
    string IOwned.OwnerId => UserId;

    public string ProjectId => Claim(ProjectClaim);

    public string Role => Claim(RoleClaim);

    /// <summary>Whether the server itself is theirs: its hosts and what is on them.</summary>
    public bool IsOwner => Role == "owner";

    /// <summary>Lets the server itself do, outside any request, what a user may and no more.</summary>
    public void ActFor(UserRow user, string projectId) => _actingFor = new ClaimsPrincipal(new ClaimsIdentity(
    [
        new Claim(ClaimTypes.NameIdentifier, user.Id),
        new Claim(ClaimTypes.Name, user.Name),
        new Claim(RoleClaim, user.Role),
        new Claim(ProjectClaim, projectId),
    ]));

    /// <exception cref="RefusedException">The caller is not the owner of the server.</exception>
    public void DemandOwner(string verb)
    {
        if (!IsOwner) throw new RefusedException(Problems.Of("forbidden", 403, "Not allowed", $"Only the owner of the server may {verb}."));
    }

    /// <summary>Whether a thing of this owner and project may be seen.</summary>
    public bool MaySee(string ownerId, string projectId) => IsOwner || ownerId == UserId || projectId == ProjectId;

    /// <summary>The part of a table that may be seen.</summary>
    public IQueryable<T> Visible<T>(IQueryable<T> rows) where T : IOwned
    {
        if (IsOwner) return rows;
        var (user, project) = (UserId, ProjectId);
        return rows.Where(r => r.OwnerId == user || r.ProjectId == project);
    }

    /// <summary>One visible thing.</summary>
    /// <exception cref="RefusedException">There is none, or it may not be seen.</exception>
    public async Task<T> FindAsync<T>(IQueryable<T> rows, Expression<Func<T, bool>> which, string what, CancellationToken cancellation)
        where T : IOwned
        => await Visible(rows).FirstOrDefaultAsync(which, cancellation) ?? throw new RefusedException(Problems.NotFound($"There is no {what}."));

    private string Claim(string type) => (_actingFor ?? http.HttpContext?.User)?.FindFirst(type)?.Value
        ?? throw new InvalidOperationException("Asked outside an authenticated request.");
}
