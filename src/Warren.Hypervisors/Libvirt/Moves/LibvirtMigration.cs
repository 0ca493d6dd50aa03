using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Storage;

namespace Warren.Hypervisors.Libvirt.Moves;

/// <summary>
/// Live migration without shared storage. Where the destination states how other daemons reach it, they talk with each other
/// (peer to peer) and the move outlives this server; else, and when that way is shut, this server leads it over its own
/// connections to both. Memory and disks always go straight from host to host.
/// </summary>
internal sealed class LibvirtMigration(LibvirtHypervisor source, TimeProvider clock) : IMigration
{
    private const uint Flags = LibVirt.MigrateLive | LibVirt.MigratePersistDestination | LibVirt.MigrateUndefineSource
        | LibVirt.MigrateAbortOnError | LibVirt.MigrateAutoConverge;

    /// <inheritdoc/>
    public async Task MigrateAsync(MachineDefinition definition, IHypervisor destination, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, LibvirtKind.Kind);
        if (destination is not LibvirtHypervisor target)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"a libvirt machine cannot move to a host of kind {destination.Kind}");
        if (target.Options.Uri == source.Options.Uri) throw Refuse("the destination is the host it runs on");
        if (definition.DataDisks.Any(d => d.ExistingPath is not null)) throw Refuse("a disk that was attached as it is cannot move along");
        using var here = await Gates.EnterAsync(source.Options.Uri, definition.Id, cancellation);
        using var there = await Gates.EnterAsync(target.Options.Uri, definition.Id, cancellation);
        var arrival = new Destination(source, target);
        if (await LookAsync(target, definition.Id, cancellation) == true && await LookAsync(source, definition.Id, cancellation) != true)
        {
            await LeaveAsync(definition.Id, cancellation);
            await arrival.SettleAsync(definition, autostart: false, cancellation);
            return;
        }

        switch (await LookAsync(source, definition.Id, cancellation))
        {
            case null: throw Domains.Missing(definition.Id);
            case false: throw Refuse($"machine {definition.Id} is off; only a running one moves");
        }

        var (disks, autostart) = await source.Line.LookAsync(connection => Describe(connection, definition), cancellation);
        try
        {
            await arrival.PrepareAsync(definition, disks, Part(progress, 0, 0.2), cancellation);
            await MoveAsync(definition, target, disks, Part(progress, 0.2, 0.95), cancellation);
        }
        catch
        {
            if (await LookAsync(source, definition.Id, CancellationToken.None) == true) await arrival.ClearAsync(definition.Id, CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            throw;
        }

        await arrival.SettleAsync(definition, autostart, CancellationToken.None);
        progress.Report(1);
    }

    /// <summary>Whether the machine runs on a host; null when it is not there.</summary>
    private static Task<bool?> LookAsync(LibvirtHypervisor host, string id, CancellationToken cancellation) => host.Line.ChangeAsync<bool?>(connection =>
    {
        using var domain = Domains.Find(connection, id);
        return domain is null ? null : Domains.IsActive(domain.Handle);
    }, cancellation);

    /// <summary>What is left here of a machine that runs at the destination already.</summary>
    private Task LeaveAsync(string id, CancellationToken cancellation) => source.Line.ChangeAsync(connection =>
    {
        using var domain = Domains.Find(connection, id);
        if (domain is not null) VirError.Check(LibVirt.DomainUndefine(domain.Handle, LibVirt.UndefineEverything));
    }, cancellation);

    private (MovingDisks Disks, bool Autostart) Describe(Connection connection, MachineDefinition definition)
    {
        using var domain = Domains.Require(connection, definition.Id);
        if (domain.Mark.Adopted)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"machine {definition.Id} was adopted: its disks lie where others put them");
        using var pool = Pools.Ensure(connection, source.Options.Pool, source.Options.PoolPath);
        var names = VolumeNames.Of(definition);
        var volumes = new[] { names.Disk }.Concat(Enumerable.Range(0, definition.DataDisks.Count).Select(names.Data));
        var capacities = new Dictionary<string, ulong>(StringComparer.Ordinal);
        var sameBase = false;
        foreach (var name in volumes)
        {
            using var volume = Pools.Find(pool, name);
            if (volume is null) continue;
            capacities[name] = Pools.InfoOf(volume).Capacity;
            if (name == names.Disk) sameBase = Path.GetFileName(Pools.BackingOf(volume)) == names.Base;
        }

        VirError.Check(LibVirt.DomainGetAutostart(domain.Handle, out var autostart));
        return (new MovingDisks(capacities, sameBase), autostart != 0);
    }

    private async Task MoveAsync(MachineDefinition definition, LibvirtHypervisor target, MovingDisks disks, IProgress<double> progress, CancellationToken cancellation)
    {
        var copy = disks.SameBase ? LibVirt.MigrateNonSharedTop : LibVirt.MigrateNonSharedDisk;
        if (target.Options.PeerUri is { } peer)
        {
            try
            {
                await RunAsync(definition.Id, target, progress, (domain, parameters) =>
                    VirError.Check(LibVirt.DomainMigrateToUri(domain, peer, parameters.Pointer, parameters.Count, Flags | copy | LibVirt.MigratePeerToPeer)), cancellation);
                return;
            }
            catch (HypervisorException e) when (e.InnerException is VirError { Code: 5 or 38 or 40 or 45 or 68 or 94 or VirError.OperationFailed } && !cancellation.IsCancellationRequested)
            {
                // NO_CONNECT, SYSTEM_ERROR, GNUTLS, AUTH_*, OPERATION_TIMEOUT and _FAILED: the daemons did not reach each other.
                // Then we lead, if nothing has moved.
                if (await LookAsync(source, definition.Id, CancellationToken.None) != true || await LookAsync(target, definition.Id, CancellationToken.None) == true) throw;
            }
        }

        var connection = await target.Line.LookAsync(open => open, cancellation);
        await RunAsync(definition.Id, target, progress, (domain, parameters) =>
            VirError.Check(LibVirt.DomainMigrate(domain, connection.Handle, parameters.Pointer, parameters.Count, Flags | copy)).Dispose(), cancellation);
    }

    private async Task RunAsync(string id, LibvirtHypervisor target, IProgress<double> progress, Action<DomainHandle, Parameters> migrate, CancellationToken cancellation)
    {
        Heartbeat? beats = null;
        var move = source.Line.CallAsync((connection, heart) =>
        {
            beats = heart;
            using var domain = Domains.Require(connection, id);
            using var parameters = new Parameters();
            parameters.Add("destination_xml", Adapt(domain.Handle, target, LibVirt.XmlSecure | LibVirt.XmlMigratable));
            parameters.Add("persistent_xml", Adapt(domain.Handle, target, LibVirt.XmlSecure | LibVirt.XmlInactive));
            if (target.Options.MigrationAddress is { } address) parameters.Add("migrate_uri", "tcp://" + address);
            migrate(domain.Handle, parameters);
            return 0;
        }, source.Options.ChangeLimit, CancellationToken.None);
        while (await Task.WhenAny(move, Task.Delay(TimeSpan.FromMilliseconds(200), clock, CancellationToken.None)) != move)
            await FollowAsync(id, progress, beats, cancellation);
        await move;
    }

    private string Adapt(DomainHandle domain, LibvirtHypervisor target, uint flags) => MoveXml.Adapt(
        XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain, flags))), source.Options.PoolPath, target.Options.PoolPath, target.Options.Ssh is not null).ToString();

    /// <summary>Tells how far it is; a daemon that still counts is alive.</summary>
    private async Task FollowAsync(string id, IProgress<double> progress, Heartbeat? beats, CancellationToken cancellation)
    {
        try
        {
            var done = await source.Line.LookAsync(connection =>
            {
                using var domain = Domains.Require(connection, id);
                if (cancellation.IsCancellationRequested && LibVirt.DomainAbortJob(domain.Handle) < 0) LibVirt.ResetLastError();
                VirError.Check(LibVirt.DomainGetJobInfo(domain.Handle, out var job));
                return job.DataTotal == 0 ? 0 : (double)job.DataProcessed / job.DataTotal;
            }, CancellationToken.None);
            beats?.Beat();
            progress.Report(Math.Min(done, 1));
        }
        catch (HypervisorException)
        {
            // It has just left, or the daemon is gone: the move itself tells.
        }
    }

    private static Progress<double> Part(IProgress<double> whole, double from, double to) => new(p => whole.Report(from + (p * (to - from))));

    private static HypervisorException Refuse(string why) => new(HypervisorErrorKind.Rejected, why);

    /// <summary>Typed parameters as libvirt keeps them.</summary>
    private sealed class Parameters : IDisposable
    {
        private nint _pointer;
        private int _count;
        private int _capacity;

        internal nint Pointer => _pointer;

        internal uint Count => (uint)_count;

        internal void Add(string name, string value) => VirError.Check(LibVirt.ParametersAdd(ref _pointer, ref _count, ref _capacity, name, value));

        public void Dispose() => LibVirt.ParametersFree(_pointer, _count);
    }
}
