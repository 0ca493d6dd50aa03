using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Qemu;

/// <summary>The two ways to end a machine: asking the guest, and ending its process.</summary>
internal sealed class QemuShutdown(QemuControl control, GuestAgent agent, TimeProvider clock)
{
    private static readonly TimeSpan AgentLimit = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan QuitLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(10);

    /// <summary>Presses the power button and tells the agent. A paused machine is continued first: else it would never hear.</summary>
    internal async Task AskAsync(MachineFolder folder, CancellationToken cancellation)
    {
        await control.RunAsync(folder, cancellation, "cont", "system_powerdown");
        try
        {
            await agent.TellAsync(folder, "guest-shutdown", new JsonObject { ["mode"] = "powerdown" }, AgentLimit, cancellation);
        }
        catch (HypervisorException)
        {
            // No agent there, or it does not do shutdowns: the power button has been pressed.
        }
    }

    /// <summary>Ends the process: politely, so that caches are written, and by SIGKILL when that takes too long.</summary>
    internal async Task KillAsync(MachineFolder folder, CancellationToken cancellation)
    {
        if (MachineProcess.Search(folder) is not { } pid)
        {
            MachineProcess.Forget(folder);
            return;
        }

        try
        {
            await control.RunAsync(folder, cancellation, "quit");
        }
        catch (HypervisorException)
        {
            MachineProcess.Kill(folder, pid);
        }

        if (!await MachineProcess.WaitForEndAsync(folder, pid, QuitLimit, clock, cancellation))
        {
            MachineProcess.Kill(folder, pid);
            if (!await MachineProcess.WaitForEndAsync(folder, pid, KillLimit, clock, cancellation))
                throw new HypervisorException(HypervisorErrorKind.Unreachable, $"process {pid} of machine {folder.Id} does not die");
        }

        MachineProcess.Forget(folder);
    }
}
