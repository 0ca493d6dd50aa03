using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Commands;

/// <summary>POSIX signals to processes, which .NET can only kill. On Windows nothing is sent.</summary>
public static partial class ProcessSignals
{
    private const int Sigkill = 9, Sigterm = 15;

    /// <summary>Asks a process to end.</summary>
    /// <returns>Whether the signal was sent.</returns>
    public static bool Terminate(int processId) => Send(processId, Sigterm);

    /// <summary>Asks every process of a group to end.</summary>
    /// <returns>Whether the group exists.</returns>
    public static bool TerminateGroup(int groupId) => Send(-groupId, Sigterm);

    /// <summary>Kills every process of a group.</summary>
    /// <returns>Whether the group exists.</returns>
    public static bool KillGroup(int groupId) => Send(-groupId, Sigkill);

    // 0 and -1 would reach the server itself and everybody else.
    private static bool Send(int target, int signal) => !OperatingSystem.IsWindows() && target is > 1 or < -1 && Kill(target, signal) == 0;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Kill(int target, int signal);
}
