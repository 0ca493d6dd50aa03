using System.Globalization;
using System.Text.RegularExpressions;
using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.Libvirt;

/// <summary>
/// The address of a host, checked. libvirt's addresses can name programs to run (<c>command</c>, <c>netcat</c>), files
/// (<c>socket</c>, <c>keyfile</c>, <c>pkipath</c>) and switch checks off (<c>no_verify</c>): whoever may add a host must not get those.
/// </summary>
/// <param name="Text">As libvirt is given it.</param>
/// <param name="Local">The daemon runs on this machine.</param>
/// <param name="Session">The daemon is the user's own, not the system's.</param>
/// <param name="Ssh">Where ssh leads, for qemu+ssh.</param>
internal sealed partial record LibvirtUri(string Text, bool Local, bool Session, SshTarget? Ssh)
{
    private static readonly string[] s_harmless = ["proxy=auto", "proxy=netcat", "proxy=native"];

    /// <summary>Reads the setting <c>uri</c>.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static LibvirtUri Parse(string text)
    {
        if (text is "qemu:///system" or "test:///default") return new LibvirtUri(text, Local: true, Session: false, null);
        if (text is "qemu:///session") return new LibvirtUri(text, Local: true, Session: true, null);
        var match = Remote().Match(text);
        if (!match.Success) throw Wrong();
        var (transport, host, path) = (match.Groups["transport"].Value, match.Groups["host"].Value, match.Groups["path"].Value);
        var user = match.Groups["user"] is { Success: true } named ? named.Value : null;
        int? port = match.Groups["port"] is { Success: true } numbered ? int.Parse(numbered.Value, CultureInfo.InvariantCulture) : null;
        if (port is < 1 or > 65535 || (transport == "tls" && user is not null)) throw Wrong();
        foreach (var parameter in match.Groups["query"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            if (transport != "ssh" || !s_harmless.Contains(parameter, StringComparer.Ordinal))
                throw HostConnection.Wrong("uri", $"must not have the parameter {parameter.Split('=')[0]}: it could run programs or read files of the server");
        }

        if (transport == "tls") return new LibvirtUri(text, Local: false, path == "session", null);
        // Without a terminal ssh must not ask for passwords; libvirt then runs it in batch mode.
        return new LibvirtUri(text + (text.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "no_tty=1", Local: false, path == "session", new SshTarget(host, user, port));
    }

    private static HypervisorException Wrong() => HostConnection.Wrong("uri",
        "must be qemu:///system, qemu:///session, qemu+ssh://[user@]host[:port]/system, qemu+tls://host[:port]/system or test:///default");

    [GeneratedRegex(
        @"\Aqemu\+(?<transport>ssh|tls)://((?<user>[a-z_][a-z0-9_-]{0,31})@)?(?<host>[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)(:(?<port>\d{1,5}))?/(?<path>system|session)(\?(?<query>[a-z_=&]*))?\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Remote();
}
