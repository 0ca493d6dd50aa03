using System.Globalization;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Audit;

/// <summary>
/// Writes requests' entries: those that wait together go into one transaction, so that a hundred requests at once cost one. Each request
/// waits until its entry is there, but not for long: where the database takes nothing, the answer goes out, and the entry is kept here
/// and tried again. Stopped in order, the server writes all first.
/// </summary>
internal sealed class AuditWriter(IDbContextFactory<WarrenDb> databases, WriteTurn turn, TimeProvider clock, ILogger<AuditWriter> log) : IHostedService, IDisposable
{
    public const string Lost = "audit.lost";
    private const int MostWaiting = 10_000;
    private const int MostAtOnce = 200;

    /// <summary>How long an answer waits for its entry at most.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _giveUp = new();
    private Task _writing = Task.CompletedTask;
    private int _lost;

    /// <summary>Ends when the entry is in the database, or when that takes too long.</summary>
    public async Task WriteAsync(AuditEntryRow entry)
    {
        var waiting = new Waiting(entry, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_queue.Writer.TryWrite(waiting))
        {
            Interlocked.Increment(ref _lost);
            return;
        }

        try
        {
            await waiting.Written.Task.WaitAsync(Patience, clock);
        }
        catch (TimeoutException)
        {
            // It is written when the database takes it.
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _writing = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>By now nobody asks any more; what waits is written.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await using var _ = cancellationToken.UnsafeRegister(_ => _giveUp.Cancel(), null);
        await _writing;
    }

    public void Dispose() => _giveUp.Dispose();

    private async Task RunAsync()
    {
        var batch = new List<Waiting>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < MostAtOnce && _queue.Reader.TryRead(out var next)) batch.Add(next);
            if (!await TryForLongAsync([.. batch.Select(w => w.Entry)])) return;
            foreach (var waiting in batch) waiting.Written.TrySetResult();
            batch.Clear();
        }
    }

    /// <summary>False: the server stops and cannot write.</summary>
    private async Task<bool> TryForLongAsync(List<AuditEntryRow> entries)
    {
        for (var told = false; ; told = true)
        {
            try
            {
                await AppendAsync(entries);
                if (told) log.LogInformation("The audit trail is written again");
                return true;
            }
            catch (Exception e)
            {
                if (!told) log.LogError(e, "The audit trail cannot be written; {Count} entries and those to come wait, up to {Most}", entries.Count, MostWaiting);
            }

            try
            {
                await Task.Delay(Pause, clock, _giveUp.Token);
            }
            catch (OperationCanceledException)
            {
                log.LogError("{Count} entries of the audit trail were not written", entries.Count + _queue.Reader.Count);
                return false;
            }
        }
    }

    private async Task AppendAsync(List<AuditEntryRow> entries)
    {
        await using var db = await databases.CreateDbContextAsync();
        var lost = Volatile.Read(ref _lost);
        var all = lost == 0 ? entries
            : [.. entries, SystemEntries.Of(Lost, clock.GetUtcNow(), AuditResult.Failed, ("count", lost.ToString(CultureInfo.InvariantCulture)))];
        // Not by TransactAsync: nobody waits for this, and all who wait for changes would be woken once more by each request.
        using var mine = db.IsPostgres ? null : await turn.TakeAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync();
        await AuditChain.AppendAsync(db, all, CancellationToken.None);
        await db.SaveChangesAsync();
        await transaction.CommitAsync();
        Interlocked.Add(ref _lost, -lost);
    }

    private sealed record Waiting(AuditEntryRow Entry, TaskCompletionSource Written);
}
