using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Warren.Server.Database;

/// <summary>
/// The turn to write to SQLite, which takes one writer at a time: within this process writers queue for it in order.
/// Without it they meet at the file's lock, which Microsoft.Data.Sqlite asks for again every 150 ms, so that eight writers
/// get a fourteenth of what one gets (bench, "Operation engine"). PostgreSQL needs no turn. Other processes on the same
/// file are still held off by the file's lock.
/// </summary>
#pragma warning disable CA1001 // Its semaphore holds no handle, and writers may still come while the process ends.
internal sealed class WriteTurn : DbCommandInterceptor
#pragma warning restore CA1001
{
    /// <summary>As long as a command waits for the file's lock (<c>Default Timeout</c> of the connection).</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentDictionary<Guid, IDisposable> _commands = [];

    /// <summary>Waits for the turn. Dispose what it returns to give it back.</summary>
    /// <exception cref="TimeoutException">Somebody has been writing for <see cref="Longest"/>.</exception>
    public async Task<IDisposable> TakeAsync(CancellationToken cancellation)
    {
        if (!await _turn.WaitAsync(Longest, cancellation)) throw new TimeoutException($"the database was being written to for {Longest.TotalSeconds} seconds");
        return new Held(_turn);
    }

    /// <summary>An UPDATE or DELETE of its own, outside any transaction.</summary>
    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (command.Transaction is null) _commands[eventData.CommandId] = await TakeAsync(cancellationToken);
        return result;
    }

    public override ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        GiveBack(eventData.CommandId);
        return ValueTask.FromResult(result);
    }

    public override Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        GiveBack(eventData.CommandId);
        return Task.CompletedTask;
    }

    public override Task CommandCanceledAsync(DbCommand command, CommandEndEventData eventData, CancellationToken cancellationToken = default)
    {
        GiveBack(eventData.CommandId);
        return Task.CompletedTask;
    }

    private void GiveBack(Guid command)
    {
        if (_commands.TryRemove(command, out var held)) held.Dispose();
    }

    private sealed class Held(SemaphoreSlim turn) : IDisposable
    {
        private SemaphoreSlim? _turn = turn;

        public void Dispose() => Interlocked.Exchange(ref _turn, null)?.Release();
    }
}
