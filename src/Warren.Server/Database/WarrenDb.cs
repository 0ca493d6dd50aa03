using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Access.OpenId;
using Warren.Server.Audit;
using Warren.Server.Consoles.Connections;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Consoles.Sharing;
using Warren.Server.Events;
using Warren.Server.Hosts;
using Warren.Server.Images;
using Warren.Server.Images.Golden;
using Warren.Server.Images.Uploads;
using Warren.Server.Keys;
using Warren.Server.Machines;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Pools;
using Warren.Server.Quotas;
using Warren.Server.Snapshots;
using Warren.Server.Templates;
using Warren.Server.Web;

namespace Warren.Server.Database;

/// <summary>Everything Warren remembers. The schema itself is in <c>Migrations/*.sql</c>, one text for both databases.</summary>
internal sealed class WarrenDb(DbContextOptions<WarrenDb> options, TimeProvider clock, Signals signals, WriteTurn turn, IHttpContextAccessor http) : DbContext(options)
{
    public DbSet<UserRow> Users => Set<UserRow>();
    public DbSet<ProjectRow> Projects => Set<ProjectRow>();
    public DbSet<ProjectMemberRow> ProjectMembers => Set<ProjectMemberRow>();
    public DbSet<InvitationRow> Invitations => Set<InvitationRow>();
    public DbSet<LoginChallengeRow> LoginChallenges => Set<LoginChallengeRow>();
    public DbSet<RecoveryCodeRow> RecoveryCodes => Set<RecoveryCodeRow>();
    public DbSet<LoginFailureRow> LoginFailures => Set<LoginFailureRow>();
    public DbSet<QuotaRow> Quotas => Set<QuotaRow>();
    public DbSet<SessionRow> Sessions => Set<SessionRow>();
    public DbSet<LoginLinkRow> LoginLinks => Set<LoginLinkRow>();
    public DbSet<IdentityRow> Identities => Set<IdentityRow>();
    public DbSet<TokenRow> Tokens => Set<TokenRow>();
    public DbSet<HostRow> Hosts => Set<HostRow>();
    public DbSet<ImageRow> Images => Set<ImageRow>();
    public DbSet<UploadRow> Uploads => Set<UploadRow>();
    public DbSet<GoldenImageRow> GoldenImages => Set<GoldenImageRow>();
    public DbSet<KeyRow> Keys => Set<KeyRow>();
    public DbSet<MachineRow> Machines => Set<MachineRow>();
    public DbSet<MachineUserRow> MachineUsers => Set<MachineUserRow>();
    public DbSet<RecordingRow> Recordings => Set<RecordingRow>();
    public DbSet<SnapshotRow> Snapshots => Set<SnapshotRow>();
    public DbSet<TemplateRow> Templates => Set<TemplateRow>();
    public DbSet<TemplateVersionRow> TemplateVersions => Set<TemplateVersionRow>();
    public DbSet<PoolRow> Pools => Set<PoolRow>();
    public DbSet<LeaseRow> Leases => Set<LeaseRow>();
    public DbSet<TicketRow> Tickets => Set<TicketRow>();
    public DbSet<ConnectionRow> Connections => Set<ConnectionRow>();
    public DbSet<ShareRow> Shares => Set<ShareRow>();
    public DbSet<ConsoleTicketRow> ConsoleTickets => Set<ConsoleTicketRow>();
    public DbSet<PortForwardRow> PortForwards => Set<PortForwardRow>();
    public DbSet<ReleasedPortRow> ReleasedPorts => Set<ReleasedPortRow>();
    public DbSet<OperationRow> Operations => Set<OperationRow>();
    public DbSet<EventRow> Events => Set<EventRow>();
    public DbSet<AuditEntryRow> AuditEntries => Set<AuditEntryRow>();
    public DbSet<AuditHeadRow> AuditHeads => Set<AuditHeadRow>();
    public DbSet<IdempotencyRow> Idempotency => Set<IdempotencyRow>();

    public bool IsPostgres => Database.ProviderName?.Contains("Npgsql", StringComparison.Ordinal) == true;

    protected override void ConfigureConventions(ModelConfigurationBuilder configuration)
    {
        // Milliseconds since 1970 in both databases: SQLite has no time type, and integers sort.
        configuration.Properties<DateTimeOffset>().HaveConversion<MillisecondsConverter>();
        configuration.Properties<Enum>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        // Read from and written to JSON columns by their rows.
        model.Ignore<Problem>().Ignore<Readiness>().Ignore<Placement>().Ignore<Hypervisors.HostProbe>().Ignore<MachineDevices>();
        model.Entity<UserRow>().Ignore(u => u.IsAdministrator);
        model.Entity<ProjectRow>();
        model.Entity<ProjectMemberRow>().HasKey(m => new { m.ProjectId, m.UserId });
        model.Entity<InvitationRow>();
        model.Entity<LoginChallengeRow>();
        model.Entity<RecoveryCodeRow>().HasKey(c => new { c.UserId, c.Hash });
        model.Entity<LoginFailureRow>();
        model.Entity<QuotaRow>().Ignore(q => q.Limits);
        model.Entity<SessionRow>();
        model.Entity<LoginLinkRow>();
        model.Entity<IdentityRow>();
        model.Entity<TokenRow>();
        model.Entity<HostRow>().Ignore(h => h.Settings).Ignore(h => h.Labels).HasKey(h => h.Name);
        model.Entity<ImageRow>();
        model.Entity<UploadRow>().Ignore(u => u.Notes);
        model.Entity<GoldenImageRow>();
        model.Entity<KeyRow>();
        model.Entity<MachineRow>().Ignore(m => m.PublicKeys).Ignore(m => m.Addresses);
        model.Entity<MachineUserRow>().HasKey(u => new { u.MachineId, u.UserId });
        model.Entity<SnapshotRow>();
        model.Entity<RecordingRow>();
        model.Entity<TemplateRow>();
        model.Entity<TemplateVersionRow>().HasKey(v => new { v.TemplateId, v.Number });
        model.Entity<PoolRow>().Ignore(p => p.Machine);
        model.Entity<LeaseRow>();
        model.Entity<TicketRow>().Property(t => t.Id).ValueGeneratedOnAdd();
        model.Entity<ConnectionRow>();
        model.Entity<ShareRow>();
        model.Entity<ConsoleTicketRow>();
        model.Entity<PortForwardRow>();
        model.Entity<ReleasedPortRow>().HasKey(p => new { p.Host, p.Protocol, p.HostPort });
        model.Entity<OperationRow>();
        model.Entity<EventRow>().Property(e => e.Id).ValueGeneratedOnAdd();
        model.Entity<AuditEntryRow>(entry =>
        {
            entry.Ignore(e => e.Detail).HasKey(e => e.Seq);
            entry.Property(e => e.Seq).ValueGeneratedNever();
            // The triggers do the rest; without this EF would read back what it wrote.
            entry.ToTable(t => t.HasTrigger("audit_entries_append"));
        });
        model.Entity<AuditHeadRow>().ToTable("audit_head");
        model.Entity<IdempotencyRow>().HasKey(i => new { i.UserId, i.Key });
        SnakeCase.Apply(model);
        foreach (var entity in model.Model.GetEntityTypes())
            if (entity.ClrType.IsAssignableTo(typeof(IVersioned)))
                entity.FindProperty(nameof(IVersioned.Version))!.IsConcurrencyToken = true;
    }

    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        RaiseVersions();
        EventLog.RecordChanges(this, clock);
        return await TransactAsync(async () =>
        {
            // A sequence hands out numbers before the commit; readers of the event stream rely on the two having one order.
            if (ChangeTracker.Entries<EventRow>().Any()) await LockEventsAsync(cancellationToken);
            var entries = SystemEntries.Find(this, AuditDraft.Of(http.HttpContext), clock.GetUtcNow());
            if (entries.Count > 0) await AuditChain.AppendAsync(this, entries, cancellationToken);
            try
            {
                return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
            }
            catch
            {
                // Whoever tries again is given new ones, with new numbers.
                foreach (var entry in entries) Entry(entry).State = EntityState.Detached;
                throw;
            }
        }, cancellationToken);
    }

    /// <summary>
    /// Takes the turn to write events, until the transaction ends. Whoever locks a row and saves events afterwards takes
    /// this first: taken in two orders, the two would wait for each other.
    /// </summary>
    public Task LockEventsAsync(CancellationToken cancellation)
        => IsPostgres ? Database.ExecuteSqlRawAsync("select pg_advisory_xact_lock(7878)", cancellation) : Task.CompletedTask;

    /// <summary>Runs several saves as one transaction, then wakes whoever waits for changes.</summary>
    public async Task<T> TransactAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        if (Database.CurrentTransaction is not null) return await work();
        using var mine = IsPostgres ? null : await turn.TakeAsync(cancellation);
        await using var transaction = await Database.BeginTransactionAsync(cancellation);
        var result = await work();
        await transaction.CommitAsync(cancellation);
        signals.PulseAll();
        return result;
    }

    private void RaiseVersions()
    {
        foreach (var entry in ChangeTracker.Entries<IVersioned>())
            if (entry.State == EntityState.Modified) entry.Entity.Version++;
    }

    private sealed class MillisecondsConverter() : ValueConverter<DateTimeOffset, long>(
        time => time.ToUnixTimeMilliseconds(),
        stored => DateTimeOffset.FromUnixTimeMilliseconds(stored));
}
