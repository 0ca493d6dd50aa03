using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu.Suspension;

/// <summary>What a suspended machine was.</summary>
/// <param name="Definition">What its QEMU was started with: it goes on with the same devices.</param>
/// <param name="Resumed">What the QEMU that takes in its state must know.</param>
/// <param name="SuspendedAt">When.</param>
/// <param name="Agent">Its guest had an agent at its port, which can be asked to set the clock.</param>
internal sealed record SuspendRecord(MachineDefinition Definition, Resumption Resumed, DateTimeOffset SuspendedAt, bool Agent);

/// <summary>
/// The files about a suspended machine, in its folder. Its record comes last and goes first, by a rename each: with it the
/// machine is suspended, whatever process may be left; without it the state beside it is never taken in again, because the
/// disks have gone on.
/// </summary>
internal sealed class SuspendFiles(MachineFolder folder)
{
    /// <summary>Memory and devices, as QEMU's migration stream.</summary>
    internal string State => folder.In("suspend.state");

    private string RecordFile => folder.In("suspend.json");

    private string TakenFile => folder.In("suspend.taken");

    private string BegunFile => folder.In("suspend.begun");

    /// <summary>Whether the machine is suspended.</summary>
    internal bool Exist => File.Exists(RecordFile);

    /// <summary>
    /// Whether the machine's process is to run although it stands still: a suspension that broke off has halted it, or the
    /// one that gave it its state did not come to let it run.
    /// </summary>
    internal bool OweRun => WasTaken || File.Exists(BegunFile);

    /// <summary>Whether the state was given to a process, of which it is not known that it ran on.</summary>
    internal bool WasTaken => File.Exists(TakenFile);

    internal static bool IsSuspended(MachineFolder folder) => new SuspendFiles(folder).Exist;

    /// <summary>Refuses what would change a suspended machine under its memory.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static void Refuse(MachineFolder folder, string verb)
    {
        if (IsSuspended(folder)) throw SuspendRules.Refusal(folder.Id, verb);
    }

    /// <exception cref="HypervisorException">Rejected when it cannot be read.</exception>
    internal SuspendRecord Read() => PrivateFile.Read<SuspendRecord>(RecordFile) ?? throw new HypervisorException(
        HypervisorErrorKind.Rejected, $"machine {folder.Id} is suspended, and {RecordFile} cannot be read; stop it, and its memory is lost");

    /// <summary>Notes that a machine that runs is halted for its suspension.</summary>
    internal void Begin() => FileOwner.Mark(BegunFile);

    /// <summary>From now on the machine is suspended.</summary>
    internal void Write(SuspendRecord record)
    {
        PrivateFile.Write(RecordFile, record);
        FolderSync.Run(folder.Path);
    }

    /// <summary>From now on the machine is not suspended any more. Its process has its state, and has not run yet.</summary>
    internal void Take()
    {
        File.Move(RecordFile, TakenFile, overwrite: true);
        FolderSync.Run(folder.Path);
    }

    /// <summary>It is not suspended after all: its process is to run on. On the disk before it does.</summary>
    internal void Withdraw()
    {
        if (!Exist) return;
        File.Delete(RecordFile);
        FolderSync.Run(folder.Path);
    }

    /// <summary>The process that had taken it has run nothing: the machine is suspended as before.</summary>
    internal void GiveBack() => File.Move(TakenFile, RecordFile, overwrite: true);

    /// <summary>Removes whatever there is. The record's end is on the disk before anything may run.</summary>
    internal void Remove()
    {
        if (!Directory.Exists(folder.Path)) return;
        Withdraw();
        foreach (var file in new[] { TakenFile, BegunFile, State, State + ".new", RecordFile + ".new" }) File.Delete(file);
    }
}
