using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Warren.Server.Tests.Pools;

/// <summary>A database that once fails to take back a ticket.</summary>
internal sealed class TicketFault : DbCommandInterceptor
{
    private int _armed;

    public void Arm() => Interlocked.Exchange(ref _armed, 1);

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (command.CommandText.StartsWith("DELETE FROM", StringComparison.Ordinal) && command.CommandText.Contains("tickets", StringComparison.Ordinal)
            && Interlocked.Exchange(ref _armed, 0) == 1)
            throw new InvalidOperationException("planned failure of a database");
        return ValueTask.FromResult(result);
    }
}
