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
        /// <summary>Machines that were shared with the caller at the last look.</summary>
        private Dictionary<string, SharedWithYou>? _shared;

        /// <summary>The same at the look before.</summary>
        private Dictionary<string, SharedWithYou>? _earlier;

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
            // Told of their machines' end, too, with which their share ends: between the two looks below, or before them.
            var (earlier, before) = (_earlier, _shared);
            var rows = await db.Events.AsNoTracking().Where(e => e.Id > after).OrderBy(e => e.Id).Take(Batch).ToListAsync(cancellation);
            if (before is null || rows.Count > 0) _shared = await SharedMachines.WithAsync(db, caller, cancellation);
            if (_shared != before) _earlier = before;
            var heard = await SharedMachines.HeardAsync(rows, db, caller, _shared!.Keys, [.. (earlier ?? []).Keys, .. (before ?? _shared).Keys], cancellation);
            var seen = rows.Where(e => (caller.MaySee(e.OwnerId, e.ProjectId) || heard.Contains(e.Id)) && (subject is null || e.SubjectId == subject)).ToList();
            seen = await Confinement.EventsAsync(seen, db, caller, cancellation);
            var data = await views.LoadAsync(db, seen, _shared, cancellation);
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
