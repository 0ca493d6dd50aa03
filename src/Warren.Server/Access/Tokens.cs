using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Makes bearer tokens, lists and ends them.</summary>
internal sealed class Tokens(WarrenDb db, Caller caller, CommandLineToken commandLine, TimeProvider clock)
{
    public async Task<Page<ApiToken>> ListAsync(string userId, CancellationToken cancellation)
    {
        var rows = await (from t in db.Tokens.AsNoTracking()
                          where t.UserId == userId
                          join p in db.Projects on t.ProjectId equals p.Id
                          orderby t.Id descending
                          select new { Token = t, Project = p.Name }).ToListAsync(cancellation);
        return new Page<ApiToken>([.. rows.Select(r => View(r.Token, r.Project))]);
    }

    /// <summary>A new token of a user.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="current">Id of the project that it acts in where the request names none.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<CreatedToken> CreateAsync(UserRow user, string current, CreateTokenRequest request, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(request.Name.Trim().Length is >= 1 and <= 100, "name", "1 to 100 characters");
        check.That(request.Days is null or (>= 1 and <= 365), "days", "1 to 365");
        check.That(request.Pool is null || request.Template is null, "template", "a token is confined to a pool or to a template, not to both");
        check.That(request.Shared != true || (request.Pool is null && request.Template is null), "shared", "a token that is confined to a pool or a template is good for nothing else");
        check.Throw();
        var project = await ProjectAsync(user, request.Project ?? current, cancellation);
        var maker = await MakerAsync(user, cancellation);
        if (maker is not null && maker.ProjectId != project.Id) throw new RefusedException(Problems.Validation("project", "the token's own: a token makes tokens of its project only"));
        if (request.Shared == true && maker is { Shared: false }) throw new RefusedException(Problems.Validation("shared", "false: the token that makes it is good for its project only"));
        var pool = request.Pool is { } named ? await db.Pools.AsNoTracking().FirstOrDefaultAsync(p => p.ProjectId == project.Id && (p.Id == named || p.Name == named), cancellation) : null;
        if (request.Pool is not null && pool is null) throw new RefusedException(Problems.Validation("pool", $"a pool of the project '{project.Name}'"));
        if (request.Template is { } template && !Names.IsLabel(template)) throw new RefusedException(Problems.Validation("template", "the name of a template, without a version"));
        var (secret, now) = (Secrets.TokenPrefix + Secrets.New(), clock.GetUtcNow());
        var end = request.Days is { } days ? now.AddDays(days) : maker?.ExpiresAt;
        if (end > maker?.ExpiresAt) throw new RefusedException(Problems.Validation("days", "no longer than the token lasts that makes it"));
        var row = new TokenRow
        {
            Id = Ids.New(clock),
            Hash = Secrets.Hash(secret),
            Name = request.Name.Trim(),
            UserId = user.Id,
            ProjectId = project.Id,
            Scope = request.Scope ?? TokenScope.Write,
            PoolId = pool?.Id,
            Template = request.Template,
            Shared = request.Shared == true,
            CreatedAt = now,
            ExpiresAt = end,
        };
        db.Tokens.Add(row);
        await db.SaveChangesAsync(cancellation);
        return new CreatedToken(View(row, project.Name), secret);
    }

    /// <summary>Ends a token; what is open by it goes at once.</summary>
    public async Task DeleteAsync(string id, string userId, CancellationToken cancellation)
    {
        if (await db.TransactAsync(() => db.Tokens.Where(t => t.Id == id && t.UserId == userId).ExecuteDeleteAsync(cancellation), cancellation) == 0)
            throw new RefusedException(Problems.NotFound($"There is no token '{id}'."));
    }

    /// <summary>The token that makes another of its user, which does no more and lasts no longer; reading and confined ones never come here.</summary>
    private async Task<TokenRow?> MakerAsync(UserRow user, CancellationToken cancellation)
    {
        if (user.Id != caller.UserId || commandLine.OtherOf(caller) is not { } id) return null;
        return await db.Tokens.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, cancellation)
            ?? throw new RefusedException(Problems.Of("unauthenticated", 401, "Who is asking?", "The token has ended."));
    }

    private async Task<ProjectRow> ProjectAsync(UserRow user, string project, CancellationToken cancellation)
    {
        var rows = db.Projects.AsNoTracking();
        if (!user.IsAdministrator) rows = rows.Where(p => db.ProjectMembers.Any(m => m.ProjectId == p.Id && m.UserId == user.Id));
        return await rows.FirstOrDefaultAsync(p => p.Id == project || p.Name == project, cancellation) ?? throw new RefusedException(Problems.Validation("project", "a project that the user is a member of"));
    }

    private static ApiToken View(TokenRow row, string project) => new(row.Id, row.Name, row.CreatedAt, row.LastUsedAt, row.ExpiresAt)
    {
        Scope = row.Scope,
        Project = project,
        Pool = row.PoolId,
        Template = row.Template,
        Shared = row.Shared,
    };
}
