using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>
/// Every request that looks, while it lasts: WebSockets and event streams last long. When what it came by is over - the
/// session, token, user, place in the project or share of the machine - it is ended by its RequestAborted, which all of them obey. Looked for at
/// every commit in this process, and each second for those of other replicas.
/// </summary>
internal sealed class OpenStreams(IDbContextFactory<WarrenDb> databases, Signals signals, SessionLives lives, TimeProvider clock, ILogger<OpenStreams> log) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Commits can come by the thousand; one look serves all of a moment.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    /// <summary>How long one that was told to end may take to say good-bye.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<OpenStream, bool> _open = new();

    /// <summary>Runs a request for as long as what it came by is good.</summary>
    public async Task RunAsync(HttpContext http, Caller caller, RequestDelegate next)
    {
        var aborted = http.RequestAborted;
        await using var mine = new OpenStream(http, caller, clock);
        _open[mine] = true;
        http.RequestAborted = mine.Ended;
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (mine.Ended.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            http.RequestAborted = aborted;
            if (http.Response.HasStarted) http.Abort();
            // Their session may go on: they look for their machine in vain, and are not to log in once more.
            else if (caller.Shared is not null) throw new RefusedException(Problems.NotFound("This machine is not shared with you any more."));
            else throw new RefusedException(Problems.Of("unauthenticated", 401, "Who is asking?", "What you were logged in by has ended."));
        }
        finally
        {
            _open.TryRemove(mine, out _);
            http.RequestAborted = aborted;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var next = signals.Next;
                await LookAsync(stoppingToken);
                await Task.Delay(Between, clock, stoppingToken);
                await signals.WaitAsync(next, Look, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops, and all of them with it.
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        if (_open.IsEmpty) return;
        try
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            var open = _open.Keys.ToList();
            var over = await OverAsync(db, open, cancellation);
            foreach (var stream in over) stream.End(Farewell);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogWarning(e, "Could not look whose sessions are over");
        }
    }

    private async Task<List<OpenStream>> OverAsync(WarrenDb db, List<OpenStream> open, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (users, handles, tokens) = (Distinct(open, o => o.UserId), Distinct(open, o => o.Session), Distinct(open, o => o.Token));
        var known = await db.Users.AsNoTracking().Where(u => users.Contains(u.Id)).ToDictionaryAsync(u => u.Id, StringComparer.Ordinal, cancellation);
        var members = (await db.ProjectMembers.AsNoTracking().Where(m => users.Contains(m.UserId)).ToListAsync(cancellation)).ToDictionary(m => (m.UserId, m.ProjectId), m => (ProjectRole?)m.Role);
        var machines = Distinct(open, o => o.SharedMachine);
        var shared = machines.Count == 0 ? [] : (await db.MachineUsers.AsNoTracking().Where(u => users.Contains(u.UserId) && machines.Contains(u.MachineId)).ToListAsync(cancellation)).ToDictionary(u => (u.UserId, u.MachineId), u => u.Role);
        var sessions = handles.Count == 0 ? [] : await db.Sessions.AsNoTracking().Where(s => handles.Contains(s.Handle) && s.ExpiresAt > now).ToDictionaryAsync(s => s.Handle, StringComparer.Ordinal, cancellation);
        var working = tokens.Count == 0 ? [] : await db.Tokens.Where(t => tokens.Contains(t.Id) && (t.ExpiresAt == null || t.ExpiresAt > now)).Select(t => t.Id).ToListAsync(cancellation);
        // Somebody at a console, or who sends a file, is there, though their browser asks for nothing.
        foreach (var handle in open.Where(o => o.IsUse && !o.IsOver).Select(o => o.Session).OfType<string>().Distinct())
            if (sessions.TryGetValue(handle, out var session)) await lives.UsedAsync(db, session, null, cancellation);
        return [.. open.Where(o =>
        {
            if (!known.TryGetValue(o.UserId, out var user)) return true;
            var role = members.GetValueOrDefault((o.UserId, o.ProjectId));
            if (!new Standing(user, role).Stands || (o.IsAdministrator && !user.IsAdministrator)) return true;
            if (o.SharedMachine is { } machine ? !shared.TryGetValue((o.UserId, machine), out var by) || (o.MayChange && !Standing.MayUse(user.Role, by)) : o.MayChange && !Standing.MayChange(user.Role, role)) return true;
            // A page whose session acts in another project now opens its streams anew.
            return (o.Session is { } s && !(sessions.TryGetValue(s, out var own) && (o.IsUse || own.ProjectId == o.ProjectId))) || (o.Token is { } t && !working.Contains(t));
        })];
    }

    private static List<string> Distinct(List<OpenStream> open, Func<OpenStream, string?> of) => [.. open.Select(of).OfType<string>().Distinct(StringComparer.Ordinal)];
}

/// <summary>One request that looks or is long, and what it came by.</summary>
internal sealed class OpenStream(HttpContext http, Caller caller, TimeProvider clock) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
    private readonly Lock _lock = new();
    private ITimer? _abort;
    private bool _over;

    public string UserId { get; } = caller.UserId;
    public string ProjectId { get; } = caller.ProjectId;
    public bool MayChange { get; } = caller.MayChange;
    public bool IsAdministrator { get; } = caller.IsAdministrator;

    /// <summary>Id of the machine that it looks at, where that is shared with its user.</summary>
    public string? SharedMachine { get; } = caller.Shared?.MachineId;

    public string? Session { get; } = Credentials.Of(caller.Credential, "session");
    public string? Token { get; } = Credentials.Of(caller.Credential, "token");

    /// <summary>A console or a long request: somebody is at it, and it goes on in its project whichever the session acts in meanwhile.</summary>
    public bool IsUse { get; } = http.WebSockets.IsWebSocketRequest || http.GetEndpoint()?.Metadata.GetMetadata<LongRequest>() is not null;

    public CancellationToken Ended => _ended.Token;

    /// <summary>It was told to end, or has ended by itself.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock) return _over || _abort is not null;
        }
    }

    public void End(TimeSpan farewell)
    {
        lock (_lock)
        {
            if (_over || _abort is not null) return;
            _abort = clock.CreateTimer(_ => http.Abort(), null, farewell, Timeout.InfiniteTimeSpan);
        }

        try
        {
            // Not under the lock: what waits for it goes on here.
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself meanwhile.
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock) _over = true;
        if (_abort is not null) await _abort.DisposeAsync();
        _ended.Dispose();
    }
}
