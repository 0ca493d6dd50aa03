using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;

namespace Warren.Server.Hosts;

/// <summary>The names of all hosts, for several who look for new ones all the time: one of them asks the database, for all.</summary>
internal sealed class HostNames(IDbContextFactory<WarrenDb> databases, TimeProvider clock) : IDisposable
{
    /// <summary>How old an answer may be.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromMilliseconds(400);

    private readonly SemaphoreSlim _turn = new(1);
    private (long At, IReadOnlyList<string> Names)? _last;

    public void Dispose() => _turn.Dispose();

    /// <summary>Their names, as they were a moment ago.</summary>
    public async Task<IReadOnlyList<string>> LookAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_last is { } last && clock.GetElapsedTime(last.At) < s_fresh) return last.Names;
            var now = clock.GetTimestamp();
            await using var db = await databases.CreateDbContextAsync(cancellation);
            var names = await db.Hosts.AsNoTracking().Select(h => h.Name).ToListAsync(cancellation);
            _last = (now, names);
            return names;
        }
        finally
        {
            _turn.Release();
        }
    }
}
