using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Quotas;

/// <summary>
/// Lets a request have more, or refuses it. It runs in the transaction that adds the thing, after everybody else who adds one
/// has committed: on PostgreSQL by the turn to write events, which whoever adds a machine takes anyway; SQLite has one writer.
/// So of two at once, also on two replicas, the second counts what the first has added.
/// </summary>
internal sealed class QuotaCheck(WarrenDb db, QuotaOptions options, QuotaCount count, Caller caller, ServerAddress address)
{
    /// <summary>Demands that a user, and a project, may have this in addition.</summary>
    /// <param name="user">Id of the user.</param>
    /// <param name="project">Id of the project.</param>
    /// <param name="more">What they are to have besides.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="exceptMachine">A machine that is in <paramref name="more"/> and is not counted twice.</param>
    /// <param name="spare">It is for a pool, and nobody's running machine until it is claimed.</param>
    /// <param name="userOnly">The project's quotas are asked for later.</param>
    /// <exception cref="RefusedException"><c>quota-exceeded</c>, or <c>already-running</c> where only one machine may.</exception>
    public async Task DemandAsync(string user, string project, QuotaUse more, CancellationToken cancellation, string? exceptMachine = null, bool spare = false, bool userOnly = false)
    {
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("Quotas are counted in the transaction that adds what is asked for.");
        await db.LockEventsAsync(cancellation);
        var set = await db.Quotas.AsNoTracking().Where(q => q.Id == user || q.Id == project).ToDictionaryAsync(q => q.Id, q => q.Limits, StringComparer.Ordinal, cancellation);
        var (own, its) = (set.GetValueOrDefault(user), set.GetValueOrDefault(project));
        var excesses = new List<QuotaExcess>();
        if (more.RunningMachines > 0 && !spare && OneRunning(own, its) is { } rule)
        {
            if (await count.RunningAsync(user, rule == QuotaScope.Project ? project : null, exceptMachine, cancellation) is { } running) throw await AlreadyRunningAsync(running, user, cancellation);
            if (more.RunningMachines > 1) excesses.Add(new QuotaExcess("runningMachines", 1, 0, more.RunningMachines, QuotaScope.User, ""));
        }

        await AddAsync(excesses, QuotaScope.User, user, QuotaField.Applying(own, options.PerUser), more, exceptMachine, cancellation);
        if (!userOnly) await AddAsync(excesses, QuotaScope.Project, project, QuotaField.Applying(its, options.PerProject), more, exceptMachine, cancellation);
        // Whom a machine is shared with does not hear of what its owner and project have elsewhere.
        if (excesses.Count > 0 && caller is { IsSomebody: true, Shared: not null })
            throw new RefusedException(Problems.Of("quota-exceeded", 403, "That is more than its owner's share", "Its owner, or its project, has as much running as they may."));
        if (excesses.Count > 0) throw await ExceededAsync(excesses, user, project, cancellation);
    }

    /// <summary>What applies to a user or a project, and what they have. The policy of one running machine is the one that holds in the project, where that is given.</summary>
    public async Task<QuotaStanding> StandingAsync(QuotaScope of, string id, string name, string? inProject, CancellationToken cancellation)
    {
        var rows = await db.Quotas.AsNoTracking().Where(q => q.Id == id || q.Id == inProject).ToDictionaryAsync(q => q.Id, q => q.Limits, StringComparer.Ordinal, cancellation);
        var set = rows.GetValueOrDefault(id);
        var one = of == QuotaScope.Project ? set?.OneRunningMachine ?? options.OneRunningMachine
            : OneRunning(set, inProject is null ? null : rows.GetValueOrDefault(inProject)) is not null;
        return new QuotaStanding
        {
            Name = name,
            Set = set ?? new Contracts.Quotas(),
            Limits = QuotaField.Applying(set, of == QuotaScope.User ? options.PerUser : options.PerProject) with { OneRunningMachine = one },
            Used = await count.OfAsync(of, id, null, null, cancellation),
        };
    }

    /// <summary>Whether the user may have one running machine only, and where: what is set for the user goes before the project's, and that before the server's.</summary>
    private QuotaScope? OneRunning(Contracts.Quotas? own, Contracts.Quotas? its) => own?.OneRunningMachine switch
    {
        true => QuotaScope.User,
        false => null,
        null => its?.OneRunningMachine switch
        {
            true => QuotaScope.Project,
            false => null,
            null => options.OneRunningMachine ? QuotaScope.User : null,
        },
    };

    private async Task AddAsync(List<QuotaExcess> excesses, QuotaScope of, string id, Contracts.Quotas limits, QuotaUse more, string? exceptMachine, CancellationToken cancellation)
    {
        var asked = QuotaField.All.Where(f => f.Amount(more) > 0 && f.Limit(limits) is not null).ToList();
        if (asked.Count == 0) return;
        var used = await count.OfAsync(of, id, exceptMachine, more, cancellation);
        excesses.AddRange(asked.Where(f => f.Amount(used) + f.Amount(more) > f.Limit(limits)).Select(f => new QuotaExcess(f.Name, f.Limit(limits)!.Value, f.Amount(used), f.Amount(more), of, "")));
    }

    /// <summary>
    /// 403, as Kubernetes and OpenStack answer: nothing is in conflict, and asking again does not help, which clients that try 409
    /// again on their own (tus) would not know.
    /// </summary>
    private async Task<RefusedException> ExceededAsync(IReadOnlyList<QuotaExcess> nameless, string user, string project, CancellationToken cancellation)
    {
        var userName = await db.Users.Where(u => u.Id == user).Select(u => u.Name).SingleAsync(cancellation);
        var projectName = await db.Projects.Where(p => p.Id == project).Select(p => p.Name).SingleAsync(cancellation);
        var excesses = nameless.Select(e => e with { Name = e.Of == QuotaScope.User ? userName : projectName }).ToList();
        var errors = excesses.GroupBy(e => e.Field, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Select(Words).ToArray(), StringComparer.Ordinal);
        var remedy = QuotaField.All.Single(f => f.Name == excesses[0].Field).Remedy;
        return new RefusedException(Problems.Of("quota-exceeded", 403, "That is more than your share",
            $"{string.Join("; ", errors.SelectMany(e => e.Value.Select(w => $"{e.Key}: {w}")))}. {remedy}, or ask an administrator for more.") with { Errors = errors, Exceeded = excesses });
    }

    private static string Words(QuotaExcess excess)
    {
        var unit = QuotaField.All.Single(f => f.Name == excess.Field).Unit;
        return $"{(excess.Of == QuotaScope.User ? $"'{excess.Name}'" : $"the project '{excess.Name}'")} may have {excess.Limit} {unit} and has {excess.Used}; {excess.Asked} more {(excess.Asked == 1 ? "is" : "are")} asked for";
    }

    private async Task<RefusedException> AlreadyRunningAsync(Machines.MachineRow running, string user, CancellationToken cancellation)
    {
        // Who starts somebody else's machine does not hear of what that user has in other projects, nor a token of what it does not see.
        if (!caller.IsSomebody || !((caller.UserId == user && Credentials.Of(caller.Credential, "session") is not null) || await caller.Visible(db.Machines).AnyAsync(m => m.Id == running.Id, cancellation)))
            return new RefusedException(Problems.Of("already-running", 409, "A machine is running already", "Its owner may have one running machine at a time, and has one."));
        var project = await db.Projects.Where(p => p.Id == running.ProjectId).Select(p => p.Name).SingleAsync(cancellation);
        var machine = new RunningMachine(running.Id, running.Name, project, $"{address.Url}/machines/{running.Name}");
        return new RefusedException(Problems.Of("already-running", 409, "A machine is running already",
            $"One machine may run at a time, and '{running.Name}' does: {machine.Url}. Use that, or stop it first.") with { Machine = machine });
    }
}
