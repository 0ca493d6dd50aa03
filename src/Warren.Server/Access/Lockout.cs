using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>
/// Counts tries that went wrong, by name, address or user, in rows, so that a restart forgets none and replicas count
/// together. A try is counted before it is made: of many at once no more are made than of many in a row. Names that do not
/// exist are counted like those that do.
/// </summary>
internal sealed class Lockout(WarrenDb db, AccessOptions options, TimeProvider clock)
{
    public static string Name(string name) => "name:" + Secrets.Hash(name);

    public static string Address(string address) => "address:" + address;

    public static string SecondFactor(string userId) => "second-factor:" + userId;

    /// <summary>Counts a try.</summary>
    /// <exception cref="RefusedException">There were too many.</exception>
    public async Task BeginAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (at, until) = (now.ToUnixTimeMilliseconds(), now.AddMinutes(options.LockoutMinutes).ToUnixTimeMilliseconds());
        await db.LoginFailures.Where(f => f.Until <= now).ExecuteDeleteAsync(cancellation);
        foreach (var id in ids)
        {
            var most = id.StartsWith("address:", StringComparison.Ordinal) ? options.FailuresPerAddress : options.FailuresPerName;
            var row = await db.TransactAsync(async () =>
            {
                // Once it is locked its end stays where it is: whoever goes on trying locks nobody out for ever.
                await db.Database.ExecuteSqlAsync(
                    $"""
                    insert into login_failures (id, failures, until) values ({id}, 1, {until})
                    on conflict (id) do update set failures = login_failures.failures + 1,
                        until = case when login_failures.failures >= {most} then login_failures.until else excluded.until end
                    """, cancellation);
                return await db.LoginFailures.AsNoTracking().SingleAsync(f => f.Id == id, cancellation);
            }, cancellation);
            if (row.Failures > most) throw Locked(row.Until - now);
        }
    }

    /// <summary>The try went well: it does not count. What is counted by the first id is forgotten, by the others only this try.</summary>
    public async Task SucceedAsync(string first, IReadOnlyList<string> others, CancellationToken cancellation)
    {
        await db.LoginFailures.Where(f => f.Id == first).ExecuteDeleteAsync(cancellation);
        await db.LoginFailures.Where(f => others.Contains(f.Id) && f.Failures > 0).ExecuteUpdateAsync(s => s.SetProperty(f => f.Failures, f => f.Failures - 1), cancellation);
    }

    private static RefusedException Locked(TimeSpan rest) => new(Problems.Of("locked-out", 429, "Too many tries went wrong", "Wait until the lock ends, or ask an administrator for a one-time link.")
        with { RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(rest.TotalSeconds)) });
}
