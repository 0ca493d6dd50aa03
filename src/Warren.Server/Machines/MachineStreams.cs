using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;

namespace Warren.Server.Machines;

/// <summary>The staged stream of a machine's readiness.</summary>
internal static class MachineStreams
{
    public static void Map(RouteGroupBuilder machines)
        => machines.MapGet("/{machine}/readiness", ReadinessAsync).WithName("streamReadiness")
            .Produces<Readiness>(200, "application/json", "text/event-stream").ProducesProblem(404)
            .WithSummary("Readiness now (application/json), or as a stream of stages that ends when cloud-init is through and SSH answers (text/event-stream)");

    private static async Task<IResult> ReadinessAsync(
        string machine, HttpContext http, WarrenDb db, Caller caller, IDbContextFactory<WarrenDb> databases, Signals signals,
        IHostApplicationLifetime lifetime, TimeProvider clock, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        if (!http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal)) return TypedResults.Ok(row.Readiness);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        http.Response.RegisterForDispose(stop);
        return TypedResults.ServerSentEvents(StagesAsync(row.Id, databases, signals, clock, stop.Token));
    }

    private static async IAsyncEnumerable<SseItem<string>> StagesAsync(
        string id, IDbContextFactory<WarrenDb> databases, Signals signals, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? last = null;
        while (!cancellation.IsCancellationRequested)
        {
            var next = signals.Next;
            var row = await ReadAsync(id, databases, cancellation);
            if (row is null)
            {
                yield return new SseItem<string>(JsonSerializer.Serialize(new Readiness { Detail = "The machine is gone." }, WarrenJson.Options), "gone");
                yield break;
            }

            if (row.ReadinessJson != last)
            {
                last = row.ReadinessJson;
                yield return new SseItem<string>(JsonSerializer.Serialize(row.Readiness, WarrenJson.Options), "readiness");
            }

            if (Ladder.IsTop(row.Readiness, clock.GetUtcNow()))
            {
                // Said, so that a client can tell it from a broken connection.
                yield return new SseItem<string>(row.ReadinessJson, "end");
                yield break;
            }

            if (row.State is MachineState.Failed or MachineState.Stopped or MachineState.Suspended or MachineState.Deleting)
            {
                var why = new Readiness { Detail = row.Problem?.Detail ?? $"The machine is {row.State.ToString().ToLowerInvariant()}." };
                yield return new SseItem<string>(JsonSerializer.Serialize(why, WarrenJson.Options), "off");
                yield break;
            }

            try
            {
                await signals.WaitAsync(next, TimeSpan.FromSeconds(1), cancellation);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }
        }
    }

    private static async Task<MachineRow?> ReadAsync(string id, IDbContextFactory<WarrenDb> databases, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        return await db.Machines.AsNoTracking().SingleOrDefaultAsync(m => m.Id == id, cancellation);
    }
}
