using Warren.Contracts;

namespace Warren.Server.Audit;

/// <summary>
/// Keeps refused requests from filling the disk: of those beyond so many a minute only the number is written down, one entry for the
/// minute, of strangers together and of each user. What was not refused always has an entry.
/// </summary>
internal sealed class Strangers(AuditWriter writer, AuditOptions options, TimeProvider clock) : BackgroundService
{
    public const string Action = "audit.strangers";

    /// <summary>The same of somebody who is known.</summary>
    public const string KnownAction = "audit.refused";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _byAddress = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string? Name, int Count)> _byUser = new(StringComparer.Ordinal);
    private int _all;
    private int _beyond;

    /// <summary>Whether it gets an entry of its own.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="address">Where it comes from, for counting.</param>
    public bool Passes(AuditEntryRow entry, string address)
    {
        if (entry.Result == AuditResult.Ok) return true;
        lock (_lock)
        {
            if (entry.Actor != AuditActor.Nobody)
            {
                // There are as many as there are users.
                var who = entry.UserId ?? entry.Credential ?? "";
                var count = _byUser.GetValueOrDefault(who).Count + 1;
                _byUser[who] = (entry.UserName, count);
                return count <= options.RefusedPerUser;
            }

            // Beyond the number of all, new addresses are not even remembered.
            if (_all < options.StrangersPerMinute && _byAddress.GetValueOrDefault(address) < options.StrangersPerAddress)
            {
                _byAddress[address] = _byAddress.GetValueOrDefault(address) + 1;
                _all++;
                return true;
            }

            _beyond++;
            return false;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await CountAsync();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await CountAsync();
        }
    }

    private Task CountAsync()
    {
        int beyond;
        List<AuditEntryRow> entries;
        lock (_lock)
        {
            (beyond, _beyond, _all) = (_beyond, 0, 0);
            _byAddress.Clear();
            entries = [.. _byUser.Where(u => u.Value.Count > options.RefusedPerUser).Select(u => Counted(KnownAction, u.Value.Count - options.RefusedPerUser, u.Key, u.Value.Name))];
            _byUser.Clear();
        }

        if (beyond > 0) entries.Add(Counted(Action, beyond, null, null));
        return Task.WhenAll(entries.Select(writer.WriteAsync));
    }

    private AuditEntryRow Counted(string action, int count, string? userId, string? user)
    {
        var entry = SystemEntries.Of(action, clock.GetUtcNow(), AuditResult.Refused, ("count", count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        (entry.UserId, entry.UserName) = (userId, user);
        return entry;
    }
}
