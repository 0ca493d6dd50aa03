using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;

namespace Warren.Server.Events;

/// <summary>The route /events: everything that happens, as it happens, from rows committed with the change.</summary>
internal static class EventsApi
{
    /// <summary>Events sent per look at the database.</summary>
    private const int Batch = 200;

    /// <summary>An empty event this often keeps proxies from closing a quiet stream.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/events", (
                [Microsoft.AspNetCore.Mvc.FromHeader(Name = "Last-Event-ID")] string? lastEventId, string? subject,
                HttpContext http, Caller caller, IDbContextFactory<WarrenDb> databases, Signals signals, EventViews views, TimeProvider clock,
                IHostApplicationLifetime lifetime) =>
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
                http.Response.RegisterForDispose(stop);
                var from = long.TryParse(lastEventId, out var id) ? id : (long?)null;
                return TypedResults.ServerSentEvents(new EventStream(caller, databases, signals, views, clock).ReadAsync(from, subject, stop.Token));
            })
            .WithTags("events").WithName("streamEvents")
            .WithSummary("Server-sent events; Last-Event-ID replays what was missed");
    }

    private sealed class EventStream(Caller caller, IDbContextFactory<WarrenDb> databases, Signals signals, EventViews views, TimeProvider clock)
    {
        public async IAsyncEnumerable<SseItem<string>> ReadAsync(long? from, string? subject, [EnumeratorCancellation] CancellationToken cancellation)
        {
            var last = from ?? await NewestAsync(cancellation);
            // Sent at once, so that a client knows that it hears, and from where it would go on.
            yield return new SseItem<string>("{}", "hello") { EventId = last.ToString() };
            var quietSince = clock.GetTimestamp();
            while (!cancellation.IsCancellationRequested)
            {
                var next = signals.Next;
                var (items, reached) = await NextBatchAsync(last, subject, cancellation);
                foreach (var item in items) yield return item;
                if (items.Count > 0) quietSince = clock.GetTimestamp();
                var full = reached > last && items.Count >= Batch;
                last = reached;
                if (full) continue;
                if (clock.GetElapsedTime(quietSince) > KeepAlive)
                {
                    quietSince = clock.GetTimestamp();
                    yield return new SseItem<string>("{}", "quiet") { EventId = last.ToString() };
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

        private async Task<long> NewestAsync(CancellationToken cancellation)
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            return await db.Events.MaxAsync(e => (long?)e.Id, cancellation) ?? 0;
        }

        private async Task<(List<SseItem<string>> Items, long Last)> NextBatchAsync(long after, string? subject, CancellationToken cancellation)
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            var rows = await db.Events.AsNoTracking().Where(e => e.Id > after).OrderBy(e => e.Id).Take(Batch).ToListAsync(cancellation);
            var seen = rows.Where(e => caller.MaySee(e.OwnerId, e.ProjectId) && (subject is null || e.SubjectId == subject)).ToList();
            var data = await views.LoadAsync(db, seen, cancellation);
            var items = seen.Select(row => new SseItem<string>(JsonSerializer.Serialize(new Event
            {
                Id = row.Id,
                Type = row.Type,
                SubjectId = row.SubjectId,
                At = row.At,
                Data = data.TryGetValue(row.SubjectId, out var element) ? element : null,
            }, WarrenJson.Options), row.Type) { EventId = row.Id.ToString() }).ToList();
            return (items, rows.Count > 0 ? rows[^1].Id : after);
        }
    }
}
