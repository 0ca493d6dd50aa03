using System.Text.RegularExpressions;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu.Probe;

/// <summary>Finds out what this host really can do with QEMU.</summary>
internal sealed partial class QemuProbe(QemuOptions options, CommandRunner commands, QemuConfinement confinement)
{
    private (string Version, DateTime? ChangedAt)? _version;
    private readonly AcceleratorChoice _accelerators = new(options, new ProbeBoot(options, commands));

    /// <summary>The accelerator machines are started with.</summary>
    internal async Task<Accelerator> AcceleratorAsync(CancellationToken cancellation) =>
        options.Accelerator is "kvm" or "tcg"
            ? await _accelerators.DecideAsync("", cancellation)
            : await _accelerators.DecideAsync(await VersionAsync(cancellation), cancellation);

    internal async Task<HostProbe> RunAsync(CancellationToken cancellation)
    {
        var capacity = HostResources.Read(options.MachinesFolder);
        List<string> problems = [];
        await RequireToolAsync(options.QemuImgProgram, "--version", "qemu-utils", problems, cancellation);
        await RequireToolAsync(options.XorrisoProgram, "--version", "xorriso", problems, cancellation);
        string version;
        try
        {
            version = await VersionAsync(cancellation);
        }
        catch (HypervisorException e)
        {
            problems.Add($"{e.Message} — remedy: apt-get install qemu-system-x86");
            return new HostProbe("", "", "QEMU is not there", capacity, new Dictionary<string, string>(StringComparer.Ordinal), problems);
        }

        var accelerator = await _accelerators.DecideAsync(version, cancellation);
        var firmware = FirmwareFiles.Find(options.FirmwareSearchPaths);
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["uefi"] = firmware?.Code ?? "no OVMF found: apt-get install ovmf",
            ["sandbox"] = await SandboxAsync(problems, cancellation),
            ["machines"] = options.MachinesFolder,
        };
        foreach (var (name, value) in await confinement.FactsAsync(cancellation)) facts[name] = value;
        return new HostProbe(version, accelerator.Name, accelerator.Reason, capacity, facts, problems)
        {
            Missing = Missing(firmware, await confinement.LookAsync(again: false, cancellation)),
        };
    }

    private static Dictionary<string, string> Missing(FirmwareFiles? firmware, Confines confines)
    {
        var missing = new Dictionary<string, string>(StringComparer.Ordinal);
        if (firmware is null) missing["uefi"] = "no OVMF found: apt-get install ovmf";
        if (confines.NoFilter is { } noFilter) missing["internet"] = noFilter;
        if (confines.NoBandwidth is { } noBandwidth) missing["bandwidth"] = noBandwidth;
        return missing;
    }

    /// <summary>Asked once for each program that was installed: each start of a machine wants to know.</summary>
    internal async Task<string> VersionAsync(CancellationToken cancellation)
    {
        var changed = ChangedAt();
        if (_version is { } known && known.ChangedAt == changed && changed is not null) return known.Version;
        var text = await commands.RequireAsync(
            new Command(options.QemuProgram, [.. options.ExtraArguments, "--version"]) { Environment = options.Environment }, cancellation);
        _version = (ParseVersion(text), changed);
        return _version.Value.Version;
    }

    /// <summary>When the program was last changed; null when it is not where it is looked for.</summary>
    private DateTime? ChangedAt()
    {
        var folders = options.QemuProgram.Contains('/', StringComparison.Ordinal) ? [""] : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        var file = folders.Select(f => new FileInfo(Path.Combine(f, options.QemuProgram))).FirstOrDefault(f => f.Exists);
        return file?.LastWriteTimeUtc;
    }

    /// <summary>The version in <c>QEMU emulator version 7.2.22 (Debian ...)</c>.</summary>
    internal static string ParseVersion(string text) =>
        VersionLine().Match(text) is { Success: true } match
            ? match.Groups["version"].Value
            : throw new HypervisorException(HypervisorErrorKind.Unsupported, "the QEMU program does not tell its version");

    private async Task<string> SandboxAsync(List<string> problems, CancellationToken cancellation)
    {
        if (!options.Sandbox) return "off by configuration";
        // The empty machine starts in milliseconds; only a QEMU that accepts the policy gets as far as reading "quit".
        var result = await commands.RunAsync(
            new Command(options.QemuProgram,
                [.. options.ExtraArguments, "-nodefaults", "-no-user-config", "-M", "none", "-display", "none", "-sandbox", QemuArguments.SandboxPolicy, "-monitor", "stdio"])
            {
                Environment = options.Environment,
                Input = "quit\n",
            },
            cancellation);
        if (result.ExitCode == 0) return "seccomp";
        problems.Add($"QEMU does not start in its seccomp sandbox ({QemuErrors.Quote(result.Error)}) — remedy: a QEMU built with seccomp, or switch the sandbox off in the configuration");
        return "refused";
    }

    private async Task RequireToolAsync(
        string program, string argument, string package, List<string> problems, CancellationToken cancellation)
    {
        try
        {
            await commands.RequireAsync(new Command(program, argument) { Environment = options.Environment }, cancellation);
        }
        catch (HypervisorException e)
        {
            problems.Add($"{e.Message} — remedy: apt-get install {package}");
        }
    }

    [GeneratedRegex(@"version (?<version>\d+\.\d+(\.\d+)?)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionLine();
}
