using System.Globalization;
using Warren.Hypervisors.Commands;

namespace Hypervisors.Tests.Qemu;

/// <summary>signal(7) to one process.</summary>
internal static class Signal
{
    /// <param name="name">Without SIG: KILL, STOP, CONT.</param>
    /// <param name="pid">The process.</param>
    internal static Task<string> SendAsync(string name, int pid) => new CommandRunner().RequireAsync(
        new Command("kill", "-" + name, pid.ToString(CultureInfo.InvariantCulture)), TestContext.Current.CancellationToken);
}
