using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Events;
using Warren.Server.Hosts;
using Warren.Server.Images;
using Warren.Server.Images.Golden;
using Warren.Server.Keys;
using Warren.Server.Machines;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Pools;
using Warren.Server.Snapshots;
using Warren.Server.Templates;
using Warren.Server.Web;

namespace Warren.Server.Database;

/// <summary>Everything Warren remembers. The schema itself is in <c>Migrations/*.sql</c>, one text for both databases.</summary>
internal sealed class WarrenDb(DbContextOptions<WarrenDb> options, TimeProvider clock, Signals signals, WriteTurn turn) : DbContext(options)
{
    public DbSet<UserRow> Users => Set<UserRow>();
    public DbSet<ProjectRow> Projects => Set<ProjectRow>();
    public DbSet<SessionRow> Sessions => Set<SessionRow>();
    public DbSet<LoginLinkRow> LoginLinks => Set<LoginLinkRow>();
    public DbSet<TokenRow> Tokens => Set<TokenRow>();
    public DbSet<HostRow> Hosts => Set<HostRow>();
    public DbSet<ImageRow> Images => Set<ImageRow>();
    public DbSet<GoldenImageRow> GoldenImages => Set<GoldenImageRow>();
    public DbSet<KeyRow> Keys => Set<KeyRow>();
    public DbSet<MachineRow> Machines => Set<MachineRow>();
    public DbSet<SnapshotRow> Snapshots => Set<SnapshotRow>();
    public DbSet<TemplateRow> Templates => Set<TemplateRow>();
    public DbSet<TemplateVersionRow> TemplateVersions => Set<TemplateVersionRow>();
    public DbSet<PoolRow> Pools => Set<PoolRow>();
    public DbSet<LeaseRow> Leases => Set<LeaseRow>();
    public DbSet<TicketRow> Tickets => Set<TicketRow>();
    public DbSet<PortForwardRow> PortForwards => Set<PortForwardRow>();
    public DbSet<ReleasedPortRow> ReleasedPorts => Set<ReleasedPortRow>();
    public DbSet<OperationRow> Operations => Set<OperationRow>();
    public DbSet<EventRow> Events => Set<EventRow>();
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
        model.Entity<UserRow>();
        model.Entity<ProjectRow>();
        model.Entity<SessionRow>();
        model.Entity<LoginLinkRow>();
        model.Entity<TokenRow>();
        model.Entity<HostRow>().Ignore(h => h.Settings).Ignore(h => h.Labels).HasKey(h => h.Name);
        model.Entity<ImageRow>();
        model.Entity<GoldenImageRow>();
        model.Entity<KeyRow>();
        model.Entity<MachineRow>().Ignore(m => m.PublicKeys).Ignore(m => m.Addresses);
        model.Entity<SnapshotRow>();
        model.Entity<TemplateRow>();
        model.Entity<TemplateVersionRow>().HasKey(v => new { v.TemplateId, v.Number });
        model.Entity<PoolRow>().Ignore(p => p.Machine);
        model.Entity<LeaseRow>();
        model.Entity<TicketRow>().Property(t => t.Id).ValueGeneratedOnAdd();
        model.Entity<PortForwardRow>();
        model.Entity<ReleasedPortRow>().HasKey(p => new { p.Host, p.Protocol, p.HostPort });
        model.Entity<OperationRow>();
        model.Entity<EventRow>().Property(e => e.Id).ValueGeneratedOnAdd();
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
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
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
