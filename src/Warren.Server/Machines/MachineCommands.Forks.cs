using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>New machines that go on where a running one stands.</summary>
internal sealed partial class MachineCommands
{
    private const int MostForks = 64;

    /// <summary>Freezes it for a moment and makes machines of that. Rows, room and ports are theirs from now on.</summary>
    /// <param name="source">The machine.</param>
    /// <param name="request">What is wanted.</param>
    /// <param name="publicKeys">The request's keys, each a line in OpenSSH's format.</param>
    /// <param name="owner">Id of who forks it, and has the forks.</param>
    /// <param name="cancellation">Stops it.</param>
    public Task<OperationRow> ForkAsync(MachineRow source, ForkRequest request, IReadOnlyList<string> publicKeys, string owner, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        CheckFork(request);
        // Before anything is looked at: the host's room must not go to another meanwhile.
        var host = await admission.LockAsync(source.Host, cancellation);
        await db.Entry(source).ReloadAsync(cancellation);
        await DemandIdleAsync(source, cancellation);
        Demand(source, "forked", MachineState.Running);
        await DemandCapabilityAsync(source.Host, "forks", "fork machines", cancellation);
        if (source.Devices.DataDisks.Any(d => d.Path is not null))
            throw new RefusedException(Problems.Unsupported("A machine whose data disk is a file of its host cannot be forked: two machines must not write to one file."));
        var names = await ForkNamesAsync(source, request, cancellation);
        await quotas.DemandAsync(owner, source.ProjectId, QuotaCount.Of(source, on: true, request.Count), cancellation);
        await DemandPlaceAsync(host, cancellation, request.Count);
        await admission.DemandRoomAsync(source.Host, "", source.MemoryMib, cancellation, request.Count);
        var forwards = await db.PortForwards.AsNoTracking().Where(f => f.MachineId == source.Id && f.Host == source.Host).OrderBy(f => f.Id).ToListAsync(cancellation);
        var parts = new List<ForkPart>();
        foreach (var name in names)
        {
            var fork = CopyOf(source, name, owner, start: true);
            (fork.CloneOf, fork.ForkOf, fork.UserData, fork.SeedGeneration) = (null, source.Id, null, MachineRow.RenewedGeneration);
            fork.Placement = new Placement { Host = source.Host, Why = $"It is a fork of '{source.Name}', which runs there." };
            if (publicKeys.Count > 0) fork.PublicKeysJson = JsonSerializer.Serialize(publicKeys);
            if (request.TtlSeconds is { } ttl) fork.LiveFor(ttl, clock.GetUtcNow());
            db.Machines.Add(fork);
            await ports.AllocateAsync(source.Host, fork.Id, [.. forwards.Select(f => new ForwardRequest { Protocol = f.Protocol, GuestPort = f.GuestPort })], cancellation);
            // The next one's ports are looked for among those that are not taken yet.
            await db.SaveChangesAsync(cancellation);
            parts.Add(new ForkPart(fork.Id, name));
        }

        var plan = new ForkPlan { WarmImageId = Ids.New(clock), Keys = publicKeys, FirstBoot = request.FirstBoot, Parts = parts };
        return await SaveAsync(queue.Enqueue(ForkMachine.Name, "machine", source.Id, source.Name, source, plan), cancellation);
    }, cancellation);

    private void CheckFork(ForkRequest request)
    {
        var check = new Check();
        check.That(request.Count is >= 1 and <= MostForks, "count", $"1 to {MostForks}");
        check.That(request.Name is null || Names.IsHostLabel(request.Name), "name", Names.HostLabelRule);
        LaunchRules.CheckPersonal(check, request.Keys, request.FirstBoot, request.TtlSeconds, options);
        check.Throw();
    }

    /// <summary>The name itself for one fork that was given one; else NAME-1, NAME-2, …, or the next free numbers after the machine's own name.</summary>
    private async Task<List<string>> ForkNamesAsync(MachineRow source, ForkRequest request, CancellationToken cancellation)
    {
        var (project, stem) = (source.ProjectId, request.Name ?? source.Name);
        var taken = (await db.Machines.Where(m => m.ProjectId == project && m.Name.StartsWith(stem)).Select(m => m.Name).ToListAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        List<string> names = request is { Name: not null, Count: 1 } ? [stem]
            : [.. Enumerable.Range(1, int.MaxValue - 1).Select(i => string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}")).Where(n => request.Name is not null || !taken.Contains(n)).Take(request.Count)];
        if (names.Find(taken.Contains) is { } clash) throw new RefusedException(Problems.NameTaken(clash));
        if (!Names.IsHostLabel(names[^1])) throw new RefusedException(Problems.Validation("name", $"'{names[^1]}' would be too long: {Names.HostLabelRule}"));
        return names;
    }
}
