using System.Collections.Concurrent;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>
/// The host's machines. Ours are called after their id and carry it with the host's name in their extra data, written last:
/// a machine without that mark in our folder is half made, and one anywhere else is somebody else's.
/// </summary>
internal sealed class BoxMachines(BoxManage box, VirtualBoxOptions options, TimeProvider clock)
{
    private const string Mark = "warren/machine";
    private const string NoValue = "No value set!";
    private const int AtOnce = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Machines whose mark has been seen: it never changes while the machine is there.</summary>
    private readonly ConcurrentDictionary<string, string> _marks = new(StringComparer.Ordinal);

    /// <summary>Name of a machine there.</summary>
    internal static string NameOf(string id) => "warren-" + id;

    /// <summary>The folder on the host that holds our machines.</summary>
    internal string Root => options.Folder + "/machines";

    /// <summary>A machine's own folder on the host.</summary>
    internal string FolderOf(string id) => $"{Root}/{NameOf(id)}";

    /// <summary>A machine of ours, or null where there is none that is whole.</summary>
    internal async Task<VmInfo?> FindAsync(string id, CancellationToken cancellation) =>
        await FindAnyAsync(id, cancellation) is (var info, true) ? info : null;

    /// <summary>A machine of ours.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    internal async Task<VmInfo> RequireAsync(string id, CancellationToken cancellation) => await FindAsync(id, cancellation)
        ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {id} on this host");

    /// <summary>What there is of a machine of ours, and whether it is whole; null also where its name is somebody else's.</summary>
    internal async Task<(VmInfo Info, bool Whole)?> FindAnyAsync(string id, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(id);
        if (await LookAsync(NameOf(id), cancellation) is not { Uuid: { } uuid } info || info.Name != NameOf(id)) return null;
        if (await MarkOfAsync(info, uuid, cancellation) == MarkFor(id)) return (info, true);
        return IsInOurFolder(info, id) ? (info, false) : null;
    }

    /// <summary>Makes a machine ours. The last step of its creation.</summary>
    internal Task SetMarkAsync(string id, CancellationToken cancellation) =>
        box.ChangeAsync(["setextradata", NameOf(id), Mark, MarkFor(id)], cancellation);

    /// <summary>Forgets what was seen of a machine that goes.</summary>
    internal void Forget(VmInfo info)
    {
        if (info.Uuid is { } uuid) _marks.TryRemove(uuid, out _);
    }

    /// <summary>All machines; what goes meanwhile is left out.</summary>
    internal async Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
    {
        var all = VmList.Parse(await box.AskAsync(["list", "vms"], "list vms", cancellation));
        var found = new FoundMachine?[all.Count];
        await Parallel.ForAsync(0, all.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (i, stop) =>
        {
            var (name, uuid) = all[i];
            if (await LookAsync(uuid, stop) is not { } info) return;
            var mark = info.Uuid == uuid ? await MarkOfAsync(info, uuid, stop) : null;
            found[i] = new FoundMachine(name, IdOf(info.Name, mark), info.Power);
        });
        return [.. found.OfType<FoundMachine>()];
    }

    /// <summary>A look at a machine by name or uuid; null where there is none.</summary>
    internal async Task<VmInfo?> LookAsync(string nameOrUuid, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var result = await box.TryAsync(["showvminfo", nameOrUuid, "--machinereadable"], options.Timeout, cancellation);
            if (result.ExitCode == 0) return new VmInfo(MachineReadable.Parse(result.Output));
            var failure = BoxAnswer.Failure(result, "showvminfo");
            if (failure.Kind == HypervisorErrorKind.NotFound) return null;
            // A machine that is just being started, ended or removed is "not ready" for a moment: E_ACCESSDENIED.
            if (BoxAnswer.CodeOf(result) is not "E_ACCESSDENIED" && failure.Kind != HypervisorErrorKind.Busy) throw failure;
            if (clock.GetElapsedTime(began) > s_patience) throw new HypervisorException(HypervisorErrorKind.Busy, failure.Message, failure);
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancellation);
        }
    }

    private async Task<string?> MarkOfAsync(VmInfo info, string uuid, CancellationToken cancellation)
    {
        if (_marks.TryGetValue(uuid, out var known)) return known;
        var result = await box.TryAsync(["getextradata", uuid, Mark], options.Timeout, cancellation);
        if (result.ExitCode != 0)
        {
            var failure = BoxAnswer.Failure(result, "getextradata");
            return failure.Kind == HypervisorErrorKind.NotFound ? null : throw failure;
        }

        const string Prefix = "Value: ";
        var said = result.Output.Trim();
        if (said.StartsWith(NoValue, StringComparison.Ordinal) || !said.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var mark = said[Prefix.Length..];
        // A clone carries its source's for a moment: only what will not change is remembered.
        if (IdOf(info.Name, mark) is not null) _marks[uuid] = mark;
        return mark;
    }

    private string MarkFor(string id) => $"{options.Host}/{id}";

    private string? IdOf(string name, string? mark)
    {
        if (mark is null || !mark.StartsWith(options.Host + "/", StringComparison.Ordinal)) return null;
        var id = mark[(options.Host.Length + 1)..];
        return DefinitionRules.IsId(id) && name == NameOf(id) ? id : null;
    }

    private bool IsInOurFolder(VmInfo info, string id) => info.SettingsFile?.StartsWith(FolderOf(id) + "/", StringComparison.Ordinal) == true;
}
