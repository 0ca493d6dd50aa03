using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Warren.Cli;

/// <summary>
/// The one place where this program starts another: argument list, standard streams and terminal passed on as they are.
/// </summary>
internal static class ChildProcess
{
    /// <summary>Runs a program in the foreground.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="Contracts.WarrenException">It is not installed.</exception>
    public static int Run(string program, IReadOnlyList<string> arguments)
    {
        // Ctrl-C and Ctrl-\ are the child's: it gets them from the terminal itself.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static context => context.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, static context => context.Cancel = true);
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { UseShellExecute = false } };
        try
        {
#pragma warning disable RS0030 // The one place.
            process.Start();
#pragma warning restore RS0030
        }
        catch (Win32Exception e)
        {
            throw Refusal.Of("unsupported", "Program missing", $"{program} cannot be started: {e.Message}");
        }

        process.WaitForExit();
        return process.ExitCode;
    }
}
