using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>Keeps one lease alive while its step runs, and cuts the step short when it is lost, cancelled or too late.</summary>
internal sealed class LeaseWatch(OperationRow row, OperationClaims claims, TimeProvider clock)
{
    /// <summary>The row is no longer this worker's to move.</summary>
    public bool Lost { get; private set; }

    public async Task KeepAsync(CancellationTokenSource step, CancellationToken stop)
    {
        var until = row.LeaseUntil;
        try
        {
            while (true)
            {
                // Short, because it is also how soon a cancel in another replica, or a delete, reaches the step.
                await Task.Delay(TimeSpan.FromSeconds(1), clock, stop);
                bool kept, cancel;
                try
                {
                    var asked = clock.GetUtcNow();
                    (kept, cancel) = await claims.RenewAsync(row, stop);
                    until = asked + claims.Lease;
                }
                catch (Exception e) when (!stop.IsCancellationRequested && e is (DbException or DbUpdateException or InvalidOperationException or TimeoutException))
                {
                    // The database is away. The lease lasts a while without being renewed; after that another may have it.
                    (kept, cancel) = (clock.GetUtcNow() < until, false);
                }

                Lost = !kept;
                var late = clock.GetUtcNow() > row.Deadline;
                var undoing = row.Status == Contracts.OperationStatus.Undoing;
                if (Lost || ((cancel || late) && !undoing))
                {
                    await step.CancelAsync();
                    if (Lost) return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The step has ended.
        }
    }
}

/// <summary>Writes a step's progress into its row, seldom enough to cost nothing and often enough to look alive.</summary>
internal sealed class ProgressWriter(OperationRow row, IServiceProvider services) : IProgress<StepProgress>
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(400);
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();
    private StepProgress? _pending;
    private long _last;
    private Task _writing = Task.CompletedTask;

    public void Report(StepProgress value)
    {
        lock (_gate)
        {
            _pending = value;
            if (!_writing.IsCompleted || (_last != 0 && _clock.GetElapsedTime(_last) < Every)) return;
            _last = _clock.GetTimestamp();
            _writing = WriteAsync();
        }
    }

    /// <summary>Waits for a write under way; progress never outlives its step.</summary>
    public async Task FlushAsync(bool discard)
    {
        await _writing;
        if (!discard && _pending is not null) await WriteAsync();
    }

    private async Task WriteAsync()
    {
        StepProgress? value;
        lock (_gate) (value, _pending) = (_pending, null);
        if (value is not { } now) return;
        try
        {
            var databases = services.GetRequiredService<IDbContextFactory<WarrenDb>>();
            await using var db = await databases.CreateDbContextAsync();
            await db.TransactAsync(async () =>
            {
                if (await OperationClaims.Held(db, row).SingleOrDefaultAsync() is not { } held) return false;
                held.Progress = Math.Clamp(Math.Max(held.Progress, now.Percent), 0, 99);
                held.Message = now.Message ?? held.Message;
                await db.SaveChangesAsync();
                return true;
            }, CancellationToken.None);
        }
        catch (Exception e) when (e is DbUpdateException or DbException)
        {
            // Progress is a courtesy; the step goes on.
        }
    }
}
