using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Audit;

/// <summary>Walks the chain from its oldest entry to its end and reckons every hash again, a page at a time.</summary>
internal sealed class AuditVerification(IDbContextFactory<WarrenDb> databases, TimeProvider clock)
{
    private const int Batch = 1000;

    /// <summary>What is wrong first, or that nothing is.</summary>
    /// <param name="kept">A head that somebody kept elsewhere: it must still be in the chain.</param>
    /// <param name="cancellation">Ends the walk.</param>
    public async Task<AuditVerificationResult> RunAsync(AuditHead? kept, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        // What is written meanwhile is not asked for; what retention takes away meanwhile is begun behind anew.
        while (true)
        {
            var head = await db.AuditHeads.AsNoTracking().SingleAsync(cancellation);
            var walk = new Walk(head, kept);
            await WalkAsync(db, walk, cancellation);
            var broken = walk.Broken ?? walk.End();
            if (broken is not null && (await db.AuditHeads.AsNoTracking().SingleAsync(cancellation)).PrunedThrough != head.PrunedThrough) continue;
            return new AuditVerificationResult
            {
                Intact = broken is null,
                Entries = walk.Entries,
                FirstSeq = walk.First,
                Head = new AuditHead(head.Seq, head.Hash),
                BrokenSeq = broken?.Seq,
                Problem = broken?.Why,
                KeptHead = kept is null ? null : kept.Seq == head.PrunedThrough && kept.Seq > 0 && kept.Hash == head.PrunedHash ? KeptHeadState.Found : kept.Seq <= head.PrunedThrough && kept.Seq > 0 ? KeptHeadState.Pruned : walk.KeptFound ? KeptHeadState.Found : KeptHeadState.Missing,
                CheckedAt = clock.GetUtcNow(),
            };
        }
    }

    private static async Task WalkAsync(WarrenDb db, Walk walk, CancellationToken cancellation)
    {
        while (walk.Broken is null)
        {
            var (after, end) = (walk.Last, walk.Head.Seq);
            var page = await db.AuditEntries.AsNoTracking().Where(e => e.Seq > after && e.Seq <= end).OrderBy(e => e.Seq).Take(Batch).ToListAsync(cancellation);
            foreach (var entry in page)
                if (!walk.Step(entry)) return;
            if (page.Count < Batch) return;
        }
    }

    private sealed class Walk(AuditHeadRow head, AuditHead? kept)
    {
        private string _hash = head.PrunedHash;
        private (long Through, string Hash)? _pruned;

        public AuditHeadRow Head => head;
        public long Last { get; private set; } = head.PrunedThrough;
        public long Entries { get; private set; }
        public long? First { get; private set; }
        public bool KeptFound { get; private set; } = kept is { Seq: 0, Hash: AuditChain.Beginning };
        public (long Seq, string Why)? Broken { get; private set; }

        public bool Step(AuditEntryRow entry)
        {
            Broken = entry switch
            {
                _ when entry.Seq != Last + 1 => (Last + 1, $"Entry {Last + 1} is missing."),
                _ when entry.PreviousHash != _hash => (entry.Seq, "It does not follow the entry before it."),
                _ when !Matches(entry) => (entry.Seq, "Its fields are not those that it was written with."),
                _ => null,
            };
            if (Broken is not null) return false;
            if (entry.Action == PruneAudit.Action) _pruned = PruneAudit.Read(entry);
            if (kept is not null && entry.Seq == kept.Seq) KeptFound = entry.Hash == kept.Hash;
            (Last, _hash, Entries, First) = (entry.Seq, entry.Hash, Entries + 1, First ?? entry.Seq);
            return true;
        }

        /// <summary>What only the whole tells: that it ends where the head says, and that what is missing before it was taken away by retention.</summary>
        public (long Seq, string Why)? End()
        {
            if (Last != head.Seq || _hash != head.Hash) return (Last + 1, string.Create(CultureInfo.InvariantCulture, $"The chain ended with entry {head.Seq} once; what is there ends with {Last}."));
            if (head.PrunedThrough > 0 && _pruned != (head.PrunedThrough, head.PrunedHash))
                return (head.PrunedThrough, string.Create(CultureInfo.InvariantCulture, $"Entries up to {head.PrunedThrough} are gone, and no entry says that retention took them away."));
            return null;
        }

        private static bool Matches(AuditEntryRow entry)
        {
            try
            {
                return AuditChain.HashOf(entry) == entry.Hash;
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
