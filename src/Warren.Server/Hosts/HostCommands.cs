using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Hosts;

/// <summary>Adds, changes, drains and removes hosts.</summary>
internal sealed class HostCommands(
    WarrenDb db, HostSettings settings, HostSecrets secrets, HostDirectory hosts, HostAdmission admission, ProbeHosts probes, TimeProvider clock)
{
    private const int MostLabels = 64;

    public async Task<HostRow> AddAsync(AddHostRequest request, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(Names.IsHostLabel(request.Name), "name", Names.HostLabelRule);
        Check(check, request.Labels, request.ReservedMemoryMiB, request.MachineLimit);
        check.Throw();
        var kind = settings.Addable(request.Hypervisor);
        await settings.DemandAsync(request.Name, kind, request.Settings);
        if (await db.Hosts.AnyAsync(h => h.Name == request.Name, cancellation)) throw new RefusedException(Problems.NameTaken(request.Name));
        var row = new HostRow
        {
            Name = request.Name,
            Hypervisor = kind.Name,
            Labels = new(request.Labels, StringComparer.Ordinal),
            ReservedMemoryMib = request.ReservedMemoryMiB,
            MachineLimit = request.MachineLimit is 0 ? null : request.MachineLimit,
            StatusSince = clock.GetUtcNow(),
        };
        Connect(row, kind, request.Settings);
        db.Hosts.Add(row);
        await db.SaveChangesAsync(cancellation);
        return row;
    }

    public async Task EditAsync(HostRow row, EditHostRequest request, CancellationToken cancellation)
    {
        DemandAdded(row, "changed");
        var labels = Merged(row.Labels, request.Labels);
        var check = new Check();
        Check(check, labels, request.ReservedMemoryMiB, request.MachineLimit);
        check.Throw();
        row.Labels = labels;
        row.ReservedMemoryMib = request.ReservedMemoryMiB ?? row.ReservedMemoryMib;
        if (request.MachineLimit is { } limit) row.MachineLimit = limit == 0 ? null : limit;
        if (request.Settings is not null)
        {
            var kind = settings.Addable(row.Hypervisor);
            var stated = Merged(Merged(row.Settings, Kept(row, request.Settings)), request.Settings);
            await settings.DemandAsync(row.Name, kind, stated);
            Connect(row, kind, stated);
        }

        await db.SaveChangesAsync(cancellation);
        hosts.Forget(row.Name);
        if (request.Settings is not null) probes.Wake(row.Name);
    }

    public async Task DrainAsync(HostRow row, bool on, CancellationToken cancellation)
    {
        if (row.Draining == on) return;
        row.Draining = on;
        await db.SaveChangesAsync(cancellation);
    }

    public async Task RemoveAsync(HostRow row, CancellationToken cancellation)
    {
        DemandAdded(row, "removed");
        await db.TransactAsync(async () =>
        {
            // A launch that is being placed there commits first, and its machine is seen; or comes after, and finds no host.
            await admission.LockAsync(row.Name, cancellation);
            var there = await db.Machines.Where(m => m.Host == row.Name || m.MovingTo == row.Name).OrderBy(m => m.Name).Select(m => m.Name).ToListAsync(cancellation);
            if (there.Count > 0)
            {
                throw new RefusedException(Problems.InUse(
                    $"Host '{row.Name}' has machines: {string.Join(", ", there.Take(20))}{(there.Count > 20 ? $" and {there.Count - 20} more" : "")}. Delete them or move them away first."));
            }

            var golden = await db.GoldenImages.Where(g => g.Host == row.Name).OrderBy(g => g.Name).Take(20).ToListAsync(cancellation);
            if (golden.Count > 0) throw new RefusedException(Problems.InUse($"Host '{row.Name}' has golden images: {string.Join(", ", golden.Select(g => g.Reference))}. Delete them first."));
            db.Hosts.Remove(row);
            await db.SaveChangesAsync(cancellation);
            return true;
        }, cancellation);
        hosts.Drop(row.Name);
    }

    /// <summary>Makes sure that the local host has its row, as the configuration has it.</summary>
    public static async Task EnsureLocalAsync(WarrenDb db, LocalHost local, HostOptions options, CancellationToken cancellation) => await db.TransactAsync(async () =>
    {
        // Replicas that begin together on an empty database take turns.
        await db.LockEventsAsync(cancellation);
        var row = await db.Hosts.FirstOrDefaultAsync(h => h.Name == HostDirectory.Local, cancellation);
        if (row is null) db.Hosts.Add(row = new HostRow { Name = HostDirectory.Local, Hypervisor = local.Kind.Name });
        if (row.Hypervisor != local.Kind.Name)
        {
            // What the other hypervisor had is not what this one has.
            (row.Hypervisor, row.ProbeJson, row.Status, row.StatusReason) = (local.Kind.Name, null, HostState.Pending, null);
        }

        if (!row.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).SequenceEqual(options.Labels.OrderBy(l => l.Key, StringComparer.Ordinal))) row.Labels = options.Labels;
        return await db.SaveChangesAsync(cancellation);
    }, cancellation);

    /// <summary>A host's row that can be changed.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public async Task<HostRow> FindAsync(string name, CancellationToken cancellation)
        => await db.Hosts.SingleOrDefaultAsync(h => h.Name == name, cancellation) ?? throw new RefusedException(Problems.NotFound($"There is no host '{name}'."));

    private static void DemandAdded(HostRow row, string verb)
    {
        if (row.Name == HostDirectory.Local)
            throw new RefusedException(Problems.IllegalState($"Host '{row.Name}' comes from the server's configuration and cannot be {verb} here."));
    }

    private static void Check(Check check, IReadOnlyDictionary<string, string> labels, int? reservedMiB, int? machines)
    {
        check.That(labels.Count <= MostLabels, "labels", $"at most {MostLabels}");
        foreach (var (name, value) in labels)
        {
            check.That(Names.IsLabel(name), $"labels.{name}", Names.LabelRule);
            check.That(value is { Length: <= 100 } && !value.Any(char.IsControl), $"labels.{name}", "at most 100 characters, no control characters");
        }

        check.That(reservedMiB is null or (>= 0 and <= 16 * 1024 * 1024), "reservedMemoryMiB", "0 to 16777216 MiB");
        check.That(machines is null or (>= 0 and <= 100_000), "machineLimit", "0 to 100000");
    }

    /// <summary>Secrets that stay. Ones that cannot be read any more only matter where none of them is stated anew.</summary>
    private Dictionary<string, string> Kept(HostRow row, IReadOnlyDictionary<string, string?> stated)
    {
        try
        {
            return secrets.Read(row.Secrets);
        }
        catch (HypervisorException e)
        {
            if (stated.Values.All(v => v is null)) throw new RefusedException(Problems.Validation("settings", e.Message));
            return new(StringComparer.Ordinal);
        }
    }

    private void Connect(HostRow row, HypervisorKind kind, IReadOnlyDictionary<string, string> stated)
    {
        row.Connection = Ids.New(clock);
        row.Settings = stated.Where(s => !HostSettings.IsSecret(kind, s.Key)).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
        row.Secrets = secrets.Write(stated.Where(s => HostSettings.IsSecret(kind, s.Key)).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> before, IEnumerable<KeyValuePair<string, string?>>? change)
    {
        var merged = new Dictionary<string, string>(before, StringComparer.Ordinal);
        foreach (var (name, value) in change ?? [])
        {
            if (value is null) merged.Remove(name);
            else merged[name] = value;
        }

        return merged;
    }

    private static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> before, Dictionary<string, string> more)
        => Merged(before, more.Select(m => KeyValuePair.Create(m.Key, (string?)m.Value)));
}
