using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Consoles.Screens;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Web;

namespace Warren.Server.Consoles.Recordings;

/// <summary>
/// Sweep. Condition: a machine whose screen is to be recorded is on and no server records it; or one that is recorded here is off or is not to be
/// recorded any more; or a recording's server is gone. Begins, goes on with and ends recordings. Who records is a lease in the recording's row, taken
/// by one conditional UPDATE, or by being the first to insert the row.
/// </summary>
internal sealed class RecordMachines(
    IDbContextFactory<WarrenDb> databases, ScreenHubs hubs, Recorder.Place place, Signals signals, TimeProvider clock, ILogger<RecordMachines> log) : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>The same while nothing is or should be recorded.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(2);

    /// <summary>A recording that failed is not tried anew at once: the disk is still full.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly MachineState[] On = [MachineState.Starting, MachineState.Running, MachineState.Paused];

    /// <summary>What is recorded goes on being recorded in these, too.</summary>
    private static readonly MachineState[] PerhapsOn = [.. On, MachineState.Stopping, MachineState.Unknown];

    private readonly ConcurrentDictionary<string, Work> _works = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _failed = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _leaving = new();

    private sealed record Work(RecordingRow Row, string Holder, Recorder Recorder)
    {
        public string Machine => Row.MachineId;

        public Task Task { get; set; } = Task.CompletedTask;

        /// <summary>Notes in a row how far it is; a file that was not opened yet is as it was.</summary>
        public void Tell(RecordingRow row)
        {
            if (Recorder.StartedAt is not { } started) return;
            (row.StartedAt, row.DurationMs, row.Bytes) = (started, (long)Recorder.Duration.TotalMilliseconds, Recorder.Bytes);
            if (Recorder.Size.Width > 0) (row.Width, row.Height) = Recorder.Size;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _leaving.CancelAsync();
        // The next server goes on with them at once.
        foreach (var work in _works.Values) work.Recorder.Stop();
        await Task.WhenAll(_works.Values.Select(w => w.Task)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var renewed = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = signals.Next;
            try
            {
                if (clock.GetElapsedTime(renewed) >= RenewEvery)
                {
                    renewed = clock.GetTimestamp();
                    await RenewAsync(stoppingToken);
                }

                var any = await SweepAsync(stoppingToken);
                await Task.Delay(Breath, clock, stoppingToken);
                await signals.WaitAsync(next, any ? Longest : Rest, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogError(e, "{Sweep} failed; it looks again", nameof(RecordMachines));
                await Task.Delay(Longest, clock, CancellationToken.None);
            }
        }
    }

    /// <returns>Whether anything is recorded, or should be.</returns>
    private async Task<bool> SweepAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var wanted = await db.Machines.AsNoTracking().Where(m => m.RecordScreen && PerhapsOn.Contains(m.State)).ToDictionaryAsync(m => m.Id, cancellation);
        foreach (var work in _works.Values)
            if (!wanted.ContainsKey(work.Machine)) work.Recorder.Stop();
        var live = await db.Recordings.AsNoTracking().Where(r => r.State == RecordingState.Recording).ToListAsync(cancellation);
        var now = clock.GetUtcNow();
        foreach (var row in live.Where(r => !_works.ContainsKey(r.MachineId) && (r.LeaseUntil is null || r.LeaseUntil < now)))
            await TakeUpAsync(db, row, wanted.ContainsKey(row.MachineId), cancellation);
        foreach (var machine in wanted.Values.Where(m => On.Contains(m.State) && !_works.ContainsKey(m.Id) && !live.Exists(r => r.MachineId == m.Id)))
            if (!_failed.TryGetValue(machine.Id, out var at) || (clock.GetElapsedTime(at) >= Patience && place.Folder.HasRoom)) await BeginAsync(db, machine, cancellation);
        return wanted.Count + live.Count > 0;
    }

    private async Task BeginAsync(WarrenDb db, MachineRow machine, CancellationToken cancellation)
    {
        var (holder, until, asked) = (Guid.NewGuid().ToString("N"), clock.GetUtcNow() + Lease, clock.GetTimestamp());
        var row = new RecordingRow
        {
            Id = Ids.New(clock),
            MachineId = machine.Id,
            MachineName = machine.Name,
            OwnerId = machine.OwnerId,
            ProjectId = machine.ProjectId,
            State = RecordingState.Recording,
            StartedAt = clock.GetUtcNow(),
            LeaseHolder = holder,
            LeaseUntil = until,
        };
        try
        {
            db.Recordings.Add(row);
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException e) when (ProblemWriter.IsUniqueViolation(e))
        {
            // Another server was first.
            db.ChangeTracker.Clear();
            return;
        }

        Run(row, holder, asked, resume: false, stop: false);
    }

    /// <summary>Goes on with a recording whose server is gone, or brings it to its end.</summary>
    private async Task TakeUpAsync(WarrenDb db, RecordingRow row, bool goesOn, CancellationToken cancellation)
    {
        var (holder, now, asked) = (Guid.NewGuid().ToString("N"), clock.GetUtcNow(), clock.GetTimestamp());
        DateTimeOffset? until = now + Lease;
        var claimed = await db.Recordings.Where(r => r.Id == row.Id && r.State == RecordingState.Recording && (r.LeaseUntil == null || r.LeaseUntil < now))
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.LeaseHolder, holder).SetProperty(r => r.LeaseUntil, until), cancellation);
        // One that was killed before it showed anything has no file, and needs none.
        if (claimed == 1) Run(row, holder, asked, resume: row.Bytes > 0 || File.Exists(place.Folder.FileOf(row.Id)), stop: !goesOn);
    }

    private void Run(RecordingRow row, string holder, long asked, bool resume, bool stop)
    {
        var recorder = new Recorder(() => hubs.Of(row.MachineId), place.Folder.FileOf(row.Id), resume, place) { LeaseUntil = asked + Ticks(Lease) };
        if (stop) recorder.Stop();
        var work = new Work(row, holder, recorder);
        _works[row.MachineId] = work;
        work.Task = Task.Run(() => RecordAsync(work));
    }

    private async Task RecordAsync(Work work)
    {
        try
        {
            var end = await work.Recorder.RunAsync();
            if (end == RecorderEnd.Failed)
            {
                _failed[work.Machine] = clock.GetTimestamp();
                log.LogWarning("Recording {Id} of machine {Machine} ends: {Reason}", work.Row.Id, work.Machine, work.Recorder.Reason);
            }

            else _failed.TryRemove(work.Machine, out _);
            await EndAsync(work, end);
        }
        catch (Exception e)
        {
            // Its lease runs out, and it is taken up again.
            _failed[work.Machine] = clock.GetTimestamp();
            log.LogError(e, "Recording {Id} of machine {Machine} stopped", work.Row.Id, work.Machine);
        }
        finally
        {
            _works.TryRemove(new(work.Machine, work));
            signals.PulseAll();
        }
    }

    private async Task EndAsync(Work work, RecorderEnd end)
    {
        if (end == RecorderEnd.Abandoned) return;
        await using var db = await databases.CreateDbContextAsync(CancellationToken.None);
        if (await db.Recordings.SingleOrDefaultAsync(r => r.Id == work.Row.Id && r.LeaseHolder == work.Holder, CancellationToken.None) is not { } row) return;
        (row.LeaseHolder, row.LeaseUntil) = (null, null);
        work.Tell(row);
        // A server that stops leaves it to the next one.
        if (end == RecorderEnd.Finished && _leaving.IsCancellationRequested && row.Bytes > 0)
        {
            await db.SaveChangesAsync(CancellationToken.None);
            return;
        }

        (row.State, row.Reason, row.EndedAt) = (end == RecorderEnd.Failed ? RecordingState.Failed : RecordingState.Finished, work.Recorder.Reason, clock.GetUtcNow());
        if (row.Bytes == 0 && end != RecorderEnd.Failed) db.Recordings.Remove(row);
        // One that says why nothing could be recorded is enough.
        if (row.Bytes == 0 && end == RecorderEnd.Failed)
            db.Recordings.RemoveRange(db.Recordings.Where(r => r.MachineId == row.MachineId && r.State == RecordingState.Failed && r.Bytes == 0));
        await db.SaveChangesAsync(CancellationToken.None);
    }

    private async Task RenewAsync(CancellationToken cancellation)
    {
        foreach (var work in _works.Values)
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            var (asked, row) = (clock.GetTimestamp(), work.Row);
            DateTimeOffset? until = clock.GetUtcNow() + Lease;
            work.Tell(row);
            // No event: how long it is changes all the time.
            var kept = await db.Recordings.Where(r => r.Id == row.Id && r.LeaseHolder == work.Holder).ExecuteUpdateAsync(set => set
                .SetProperty(r => r.LeaseUntil, until).SetProperty(r => r.StartedAt, row.StartedAt).SetProperty(r => r.DurationMs, row.DurationMs)
                .SetProperty(r => r.Bytes, row.Bytes).SetProperty(r => r.Width, row.Width).SetProperty(r => r.Height, row.Height), cancellation);
            work.Recorder.LeaseUntil = kept == 1 ? asked + Ticks(Lease) : 0;
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);
}
