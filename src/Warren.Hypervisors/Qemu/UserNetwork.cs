using System.Globalization;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// QEMU's user-mode network as its monitor shows it (<c>info usernet</c>) and changes it (<c>hostfwd_add</c>, <c>hostfwd_remove</c>:
/// docs/system/monitor, "QEMU Monitor"). A forward to host port 0 gets a free port, which the monitor then shows. Pure.
/// </summary>
internal static class UserNetwork
{
    /// <summary>
    /// Where forwards of the moment listen: an address of loopback that nobody else uses, so that one that a crash has left is known for
    /// what it is.
    /// </summary>
    internal const string MomentAddress = "127.86.77.1";

    private const string Listening = "HOST_FORWARD";
    private const string Established = "ESTABLISHED";

    /// <summary>Makes a forward of the moment.</summary>
    internal static string Add(int guestPort) =>
        string.Create(CultureInfo.InvariantCulture, $"hostfwd_add net0 tcp:{MomentAddress}:0-10.0.2.{QemuArguments.GuestAddress}:{guestPort}");

    /// <summary>Takes one away; connections through it stay.</summary>
    internal static string Remove(int hostPort) => string.Create(CultureInfo.InvariantCulture, $"hostfwd_remove net0 tcp:{MomentAddress}:{hostPort}");

    /// <summary>Ports of all forwards of the moment that there are.</summary>
    internal static IReadOnlyList<int> Forwards(string usernet) => [.. Rows(usernet).Where(r => r.State == Listening).Select(r => r.Port)];

    /// <summary>How a connection through a forward of the moment stands: true when the guest has accepted it, false while it is asked, null when there is none.</summary>
    internal static bool? Accepted(string usernet, int hostPort) =>
        Rows(usernet).Where(r => r.Port == hostPort && r.State != Listening).Select(r => (bool?)(r.State == Established)).Min();

    /// <summary>Lines like <c>TCP[ESTABLISHED] 21 127.86.77.1 33631 10.0.2.15 22 0 0</c>.</summary>
    private static IEnumerable<(string State, int Port)> Rows(string usernet)
    {
        foreach (var line in usernet.Split('\n'))
        {
            var fields = line.Split([' ', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length >= 6 && fields[0].StartsWith("TCP[", StringComparison.Ordinal) && fields[0].EndsWith(']') && fields[2] == MomentAddress
                && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
                yield return (fields[0][4..^1], port);
        }
    }
}
