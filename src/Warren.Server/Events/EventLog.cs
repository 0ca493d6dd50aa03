using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;

namespace Warren.Server.Events;

/// <summary>Adds an event for every changed row that is a source of events, to the same save and so the same transaction.</summary>
internal static class EventLog
{
    public static void RecordChanges(WarrenDb db, TimeProvider clock)
    {
        db.ChangeTracker.DetectChanges();
        var changed = db.ChangeTracker.Entries<IEventSource>()
            .Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted)
            .Select(e => (e.Entity, Verb: e.Entity.EventVerb(e.State switch
            {
                EntityState.Added => "created",
                EntityState.Deleted => "deleted",
                _ => "changed",
            }, name => e.Property(name).IsModified)))
            .ToList();
        foreach (var (source, verb) in changed)
        {
            db.Events.Add(new EventRow
            {
                Type = $"{source.EventSubject}.{verb}",
                SubjectId = source.Id,
                OwnerId = source.OwnerId,
                ProjectId = source.ProjectId,
                At = clock.GetUtcNow(),
            });
        }
    }
}
