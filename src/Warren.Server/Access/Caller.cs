using System.Linq.Expressions;
using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>
/// Who is asking, and the one place that says what they may see and touch. What one may not see does not exist: it is
/// "not found", so that ids cannot be tried out. What is seen lies in the current project, or anywhere for administrators;
/// whether it may be changed is one question for all of it, which <see cref="Rights"/> asks before any route runs.
/// </summary>
internal sealed class Caller(IHttpContextAccessor http) : IOwned
{
    public const string ProjectClaim = "project";
    public const string ProjectRoleClaim = "project-role";
    public const string RoleClaim = "role";
    public const string KindClaim = "kind";
    public const string ScopeClaim = "scope";
    public const string CredentialClaim = "credential";
    public const string PoolClaim = "pool";
    public const string TemplateClaim = "template";
    public const string ConsoleClaim = "console";
    public const string ShareClaim = "share";

    /// <summary>What they came by is good for machines that are shared with them, too.</summary>
    public const string SharedClaim = "shared";

    private ClaimsPrincipal? _actingFor;

    /// <summary>False outside requests, where the server itself does something.</summary>
    public bool IsSomebody => Find(ClaimTypes.NameIdentifier) is not null;

    public string UserId => Claim(ClaimTypes.NameIdentifier);

    public string UserName => Claim(ClaimTypes.Name);

    /// <summary>Name of the user whose rights are used: with a share link <see cref="UserName"/> is what the guest is called.</summary>
    public string AccountName => http.HttpContext?.User.FindAll(ClaimTypes.Name).LastOrDefault()?.Value ?? UserName;

    /// <summary>Whether it is a service account.</summary>
    public bool IsService => Find(KindClaim) == nameof(UserKind.Service);

    /// <summary>What the caller makes is the caller's.</summary>
    string IOwned.OwnerId => UserId;

    public string ProjectId => Claim(ProjectClaim);

    public UserRole Role => Enum.Parse<UserRole>(Claim(RoleClaim));

    /// <summary>Their role in the current project; null: they are no member of it.</summary>
    public ProjectRole? ProjectRole => Find(ProjectRoleClaim) is { } role ? Enum.Parse<ProjectRole>(role) : null;

    /// <summary>The session or token that they are known by, as <see cref="Credentials"/> writes it; null: a share link.</summary>
    public string? Credential => Find(CredentialClaim);

    /// <summary>Id of the one pool that their token is confined to.</summary>
    public string? Pool => Find(PoolClaim);

    /// <summary>Name of the one template that their token is confined to.</summary>
    public string? Template => Find(TemplateClaim);

    public bool IsConfined => Pool is not null || Template is not null;

    /// <summary>The most that they may do at a console without being granted it: a ticket can be for looking only, and so can a role.</summary>
    public ViewerRole AtConsole => !MayChange ? ViewerRole.View : Find(ConsoleClaim) is { } role ? Enum.Parse<ViewerRole>(role) : ViewerRole.Control;

    /// <summary>Id of the share link that let them in, if one did.</summary>
    public string? Share => Find(ShareClaim);

    /// <summary>Whether the server itself is theirs: what only the owner does.</summary>
    public bool IsOwner => Role == UserRole.Owner;

    /// <summary>Whether they see everything, and manage hosts and users.</summary>
    public bool IsAdministrator => Role is UserRole.Owner or UserRole.Administrator && !IsConfined;

    /// <summary>Whether machines of other projects are theirs to use that are shared with them. What is confined, or made for one project, has nothing of that.</summary>
    public bool HasShared => Find(SharedClaim) is not null && !IsConfined && !IsAdministrator;

    /// <summary>The machine that this request is about, where it is theirs by being shared with them; <see cref="Rights"/> says so.</summary>
    public SharedMachine? Shared { get; private set; }

    /// <summary>Whether their session or token may be used for changes at all.</summary>
    public bool MayWrite => Find(ScopeClaim) is null or nameof(TokenScope.Write);

    /// <summary>Whether they may change what they see.</summary>
    public bool MayChange => MayWrite && (Shared is { } shared ? Standing.MayUse(Role, shared.Role) : Standing.MayChange(Role, ProjectRole));

    /// <summary>From here on this request is about a machine that is shared with them, and about no other.</summary>
    public void Use(SharedMachine shared) => Shared = shared;

    /// <summary>Lets the server itself do, outside any request, what a user may and no more.</summary>
    public void ActFor(UserRow user, string projectId) => _actingFor = new ClaimsPrincipal(new ClaimsIdentity(
    [
        new Claim(ClaimTypes.NameIdentifier, user.Id),
        new Claim(ClaimTypes.Name, user.Name),
        new Claim(RoleClaim, user.Role.ToString()),
        new Claim(ProjectClaim, projectId),
    ]));

    /// <exception cref="RefusedException">The caller is not the owner of the server.</exception>
    public void DemandOwner(string verb)
    {
        if (!IsOwner) throw new RefusedException(Problems.Forbidden($"Only the owner of the server may {verb}."));
    }

    /// <exception cref="RefusedException">The caller is no administrator.</exception>
    public void DemandAdministrator(string verb)
    {
        if (!IsAdministrator) throw new RefusedException(Problems.Forbidden($"Only administrators may {verb}."));
    }

    /// <summary>Whether a thing of this owner and project may be seen.</summary>
    public bool MaySee(string ownerId, string projectId)
        => IsAdministrator || (projectId == ProjectId && (!IsConfined || ownerId == UserId));

    /// <summary>The part of a table that may be seen.</summary>
    public IQueryable<T> Visible<T>(IQueryable<T> rows) where T : IOwned
    {
        if (IsAdministrator) return rows;
        if (Shared is { MachineId: var only } && rows is IQueryable<Machines.MachineRow> machines) return (IQueryable<T>)machines.Where(m => m.Id == only);
        var project = ProjectId;
        rows = rows.Where(r => r.ProjectId == project);
        return IsConfined ? Confinement.Within(rows, UserId, Pool, Template) : rows;
    }

    /// <summary>One visible thing. Of several of that name, which only administrators can meet, the current project's.</summary>
    /// <exception cref="RefusedException">There is none, or it may not be seen.</exception>
    public async Task<T> FindAsync<T>(IQueryable<T> rows, Expression<Func<T, bool>> which, string what, CancellationToken cancellation)
        where T : IOwned
    {
        var project = ProjectId;
        return Saw(await Visible(rows).Where(which).OrderBy(r => r.ProjectId == project ? 0 : 1).FirstOrDefaultAsync(cancellation)
            ?? throw new RefusedException(Problems.NotFound($"There is no {what}.")));
    }

    /// <summary>Tells the audit trail what a request is about, and returns it.</summary>
    public T Saw<T>(T row) where T : notnull
    {
        AuditDraft.Of(http.HttpContext)?.Saw(row);
        return row;
    }

    private string? Find(string type) => (_actingFor ?? http.HttpContext?.User)?.FindFirst(type)?.Value;

    private string Claim(string type) => Find(type)
        ?? throw new InvalidOperationException("Asked outside an authenticated request.");
}
