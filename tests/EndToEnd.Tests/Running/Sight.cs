namespace EndToEnd.Tests.Running;

/// <summary>
/// A server that sees private libvirt daemons where it looks for the machine's own: addresses that name a socket are
/// refused, and rightly so. It gets a mount namespace of its own; needs root.
/// </summary>
/// <param name="System">What it finds at /run: there is the daemon behind qemu:///system.</param>
/// <param name="Programs">A folder whose programs come before the machine's.</param>
internal sealed record Sight(string System, string? Programs = null)
{
    /// <summary>What stands before the shell.</summary>
    public string[] Around => ["unshare", "--mount", "--propagation", "private"];

    /// <summary>What the shell does first.</summary>
    public string Preparation => "mount --bind -- \"$WARREN_TEST_RUN\" /run || exit; PATH=\"${WARREN_TEST_PROGRAMS:+$WARREN_TEST_PROGRAMS:}$PATH\"; ";

    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["WARREN_TEST_RUN"] = System,
        ["WARREN_TEST_PROGRAMS"] = Programs ?? "",
    };
}
