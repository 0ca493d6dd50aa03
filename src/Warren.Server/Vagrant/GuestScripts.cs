using Warren.Server.Templates;

namespace Warren.Server.Vagrant;

/// <summary>Scripts for <c>sh</c> that do in a guest what Warren's own seed has cloud-init do.</summary>
internal static class GuestScripts
{
    /// <summary>A template's step.</summary>
    public static Provisioner Step(ProvisionStep step)
    {
        if (step.Path is not { } path)
            return new Provisioner(step.Name, Ended(step.Content.StartsWith("#!", StringComparison.Ordinal) ? step.Content : "set -eu\n" + step.Content));
        var folder = path[..Math.Max(1, path.LastIndexOf('/'))];
        return new Provisioner(step.Name, $"set -eu\nmkdir -p {Word(folder)}\n{Written(step.Content, path)}chmod {Word(step.Mode ?? "0644")} {Word(path)}\n");
    }

    /// <summary>
    /// Gives a cloud-config to the guest's cloud-init, which is installed where the box is without. Networks stay Vagrant's
    /// (cloud-init's documentation, "NoCloud" and "Disabling network configuration").
    /// </summary>
    public static Provisioner CloudConfig(string userData, string machine) => new("cloud-init", $$"""
        set -eu
        if ! command -v cloud-init >/dev/null; then
          if command -v apt-get >/dev/null; then apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y cloud-init
          elif command -v dnf >/dev/null; then dnf install -q -y cloud-init
          elif command -v apk >/dev/null; then apk add -q cloud-init
          elif command -v pacman >/dev/null; then pacman -Sy --noconfirm cloud-init
          else echo 'this box has no cloud-init, and no way known to get it' >&2; exit 1
          fi
        fi
        mkdir -p /var/lib/cloud/seed/nocloud /etc/cloud/cloud.cfg.d
        printf 'datasource_list: [NoCloud]\nnetwork: {config: disabled}\n' > /etc/cloud/cloud.cfg.d/99_warren.cfg
        printf 'instance-id: %s\nlocal-hostname: %s\n' {{Word(machine)}} {{Word(machine)}} > /var/lib/cloud/seed/nocloud/meta-data

        """ + Written(userData, "/var/lib/cloud/seed/nocloud/user-data") + """
        cloud-init clean --logs
        cloud-init init --local
        cloud-init init
        cloud-init modules --mode=config
        cloud-init modules --mode=final

        """)
    {
        ByCloudInit = true,
    };

    /// <summary>Commands that run a script from a file of its own, and stop where it fails.</summary>
    public static string Run(Provisioner step, string path) =>
        Written(step.Script, path) + $"chmod 700 {Word(path)}\n" + (step.Script.StartsWith("#!", StringComparison.Ordinal) ? Word(path) : "sh " + Word(path)) + " || exit\n";

    /// <summary>A word of the shell's.</summary>
    public static string Word(string text) => "'" + text.Replace("'", @"'\''", StringComparison.Ordinal) + "'";

    /// <summary>A command that writes a text, to the last byte: a here-document always ends with a line's end, which a text without is spared.</summary>
    private static string Written(string text, string path)
    {
        if (!text.EndsWith('\n') || text.Contains('\r', StringComparison.Ordinal) || text.Contains('\0', StringComparison.Ordinal))
            return $"printf %s {Word(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text)))} | base64 -d > {Word(path)}\n";
        var word = Terminator.Of("WARREN_FILE", text);
        return $"cat > {Word(path)} <<'{word}'\n{text}{word}\n";
    }

    private static string Ended(string script) => script.EndsWith('\n') ? script : script + "\n";
}
