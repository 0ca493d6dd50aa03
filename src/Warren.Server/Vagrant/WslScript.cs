using System.Globalization;
using System.Text;

namespace Warren.Server.Vagrant;

/// <summary>
/// A PowerShell script in a Vagrantfile's place, since Vagrant has no provider for WSL: imports a root file system, prepares it, and starts it
/// (Microsoft's documentation, "Import any Linux distribution to use with WSL").
/// </summary>
internal static class WslScript
{
    /// <summary>What of a plan no distribution of WSL has of its own.</summary>
    public static IEnumerable<string> Notes(VagrantPlan plan)
    {
        yield return "Memory, processors and network are shared by all distributions of WSL: .wslconfig sets them for all.";
        if (plan.DiskGiB is not null || plan.DataDisks.Count > 0) yield return "Disks: a distribution has one, which grows by itself.";
        if (plan.Forwards.Count > 0) yield return "Ports: WSL itself makes what listens in a guest known on Windows' localhost.";
        if (plan.Folders.Count > 0) yield return "Folders: Windows' drives are below /mnt in every distribution.";
    }

    public static string Write(VagrantPlan plan)
    {
        var text = new StringBuilder();
        foreach (var note in (string[])[$"{plan.Source}. Written by Warren for WSL 2.", .. plan.Notes, .. Notes(plan)])
            text.Append("# ").Append(string.Concat(note.Select(c => c is < ' ' or > '~' ? ' ' : c))).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $$"""
            $ErrorActionPreference = 'Stop'
            $name = {{Literal(plan.Name)}}
            $rootfs = {{Literal(plan.Box)}}
            $folder = Join-Path $env:LOCALAPPDATA (Join-Path 'warren' $name)

            function Invoke-Wsl {
              & wsl.exe @args
              if ($LASTEXITCODE -ne 0) { throw "wsl.exe $($args[0]) ended with $LASTEXITCODE" }
            }

            # Scripts go as their bytes in base 64 through standard input: no shell on the way reads them.
            function Invoke-Step([string] $step, [string] $script) {
              Write-Host "${name}: $step"
              $script | & wsl.exe --distribution $name --user root --exec sh -c 'f=$(mktemp) && base64 -di > $f && chmod 700 $f && $f; code=$?; rm -f $f; exit $code'
              if ($LASTEXITCODE -ne 0) { throw "$step ended with $LASTEXITCODE" }
            }

            New-Item -ItemType Directory -Force -Path $folder | Out-Null
            Invoke-Wsl --import $name $folder $rootfs --version 2

            """);
        var settings = $"#!/bin/sh\nset -eu\nprintf '[boot]\\nsystemd=true\\n[network]\\nhostname=%s\\n' {GuestScripts.Word(plan.Name)} > /etc/wsl.conf\n";
        Step(text, "wsl.conf", settings);
        text.Append("Invoke-Wsl --terminate $name\n");
        foreach (var step in plan.Provisioners) Step(text, step.Name, step.Script.StartsWith("#!", StringComparison.Ordinal) ? step.Script : "#!/bin/sh\n" + step.Script);
        return text.ToString();
    }

    /// <summary>
    /// A text in single quotes, in which nothing but the quote itself means anything, and PowerShell takes four more characters for it
    /// (PowerShell's language specification, "Single-quote character"). Control characters are written by their number.
    /// </summary>
    internal static string Literal(string value)
    {
        var text = new StringBuilder("'");
        foreach (var rune in value.EnumerateRunes())
        {
            if (rune.Value is '\'' or 0x2018 or 0x2019 or 0x201a or 0x201b) text.Append(rune).Append(rune);
            else if (rune.Value < ' ' || rune.Value is 0x7f or 0x85 or 0x2028 or 0x2029) text.Append(CultureInfo.InvariantCulture, $"' + [char]{rune.Value} + '");
            else text.Append(rune);
        }

        var literal = text.Append('\'').ToString();
        return literal.Contains("[char]", StringComparison.Ordinal) ? $"({literal})" : literal;
    }

    private static void Step(StringBuilder text, string name, string script) =>
        text.Append(CultureInfo.InvariantCulture, $"Invoke-Step {Literal(name)} '{Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}'\n");
}
