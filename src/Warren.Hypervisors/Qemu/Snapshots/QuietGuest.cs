using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Guests;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// Keeps the file systems of a running guest still for a moment, with everything written out (guest-fsfreeze-freeze,
/// docs/interop/qemu-ga-ref). A guest whose agent is silent or cannot do that is as after a power cut, which file systems of
/// our day bear.
/// </summary>
internal sealed class QuietGuest(IAgentLine agent)
{
    private static readonly TimeSpan s_silent = TimeSpan.FromSeconds(2);

    /// <summary>Everything that the guest has not written yet goes to its disks within this.</summary>
    private static readonly TimeSpan s_freeze = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_thaw = TimeSpan.FromSeconds(10);

    /// <summary>Does something while the guest writes nothing, if that can be had.</summary>
    internal async Task DuringAsync(MachineFolder folder, Func<Task> act, CancellationToken cancellation)
    {
        if (!await AskAsync(folder, "guest-ping", s_silent, cancellation))
        {
            await act();
            return;
        }

        // Whatever happens to this process, the next one finds out that the guest may stand still.
        FileOwner.Mark(folder.Quiet);
        try
        {
            await AskAsync(folder, "guest-fsfreeze-freeze", s_freeze, cancellation);
            await act();
        }
        finally
        {
            await RecoverAsync(folder);
        }
    }

    /// <summary>Lets a guest write again that somebody may have left still. Asked of one that is not, it is refused, or nothing.</summary>
    internal async Task RecoverAsync(MachineFolder folder)
    {
        if (!File.Exists(folder.Quiet)) return;
        // An agent that is asked again may have been busy with the first answer.
        for (var i = 0; i < 2 && !await AskAsync(folder, "guest-fsfreeze-thaw", s_thaw, CancellationToken.None); i++)
        {
        }

        File.Delete(folder.Quiet);
    }

    private async Task<bool> AskAsync(MachineFolder folder, string command, TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            await agent.AskAsync(folder.Id, command, null, limit, cancellation);
            return true;
        }
        catch (Exception e) when (e is HypervisorException or GuestAgentRefusal)
        {
            return false;
        }
    }
}
