using System.CommandLine;
using System.Text;
using Warren.Cli.Keys;
using Warren.Cli.Machines;
using Warren.Contracts;

namespace Warren.Cli.Ssh;

/// <summary>Machines as hosts of the user's own ssh, for scp, rsync and editors.</summary>
internal sealed class SshConfigVerb : Verb
{
    private const string FileName = "ssh_config";
    private readonly Option<bool> _write;

    public SshConfigVerb() : base("ssh-config", "Print what ssh, scp and editors need to reach machines as NAME.warren, through the server",
        "warren ssh-config --write", "scp report.pdf web.warren:", "code --remote ssh-remote+web.warren /srv")
        => _write = Option<bool>("--write", "Write it to a file of its own, for an Include line in ~/.ssh/config");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var text = new StringBuilder(SshConfigFile.Head);
        var hosts = new List<string>();
        await foreach (var machine in call.Client.ListMachinesAsync(cancellation))
        {
            // Who only looks at a machine has nothing of its ports.
            if (machine.Shared?.Role == ProjectRole.Viewer) continue;
            if (machine.State is MachineState.Deleting or MachineState.Failed || await BlockAsync(call, machine, cancellation) is not { } block) continue;
            text.Append('\n').Append(block);
            hosts.Add(MachineText.Called(machine) + ".warren");
        }

        if (!call.Get(_write))
        {
            if (call.Screen.Json) call.Screen.WriteJson(new { Hosts = hosts, Config = text.ToString() });
            else call.Screen.Write(text.ToString());
            return ExitCode.Ok;
        }

        var path = Path.Combine(call.Around.ConfigFolder, FileName);
        await WriteAsync(path, text.ToString(), cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(new { Path = path, Hosts = hosts });
        else call.Screen.WriteLine($"{path}: {(hosts.Count == 0 ? "no machines that speak SSH" : string.Join(' ', hosts))}");
        if (!IsIncluded(call, path)) call.Screen.Hint($"Put this line at the beginning of ~/.ssh/config, once:  Include \"{path}\"");
        return ExitCode.Ok;
    }

    private static async Task<string?> BlockAsync(Invocation call, Machine machine, CancellationToken cancellation)
    {
        if (await SshVerb.UserOfAsync(call.Client, machine, cancellation) is not { } user) return null;
        if (machine.Id.Length == 0 || !machine.Id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) return null;
        var folder = new MachineFolder(call.Around.ConfigFolder, machine.Id);
        folder.Create();
        var (files, onlyThese) = folder.Offered(call.Keys);
        var alias = await HostKeyAlias.OfAsync(call.Client, machine, cancellation);
        return SshConfigFile.Block(machine, user, alias, folder.KnownHosts, files, onlyThese, ProxyCommand.Build(call.Around.Self, call.NamedServer, machine.Id, SshVerb.Port));
    }

    /// <summary>Whole or not at all, and for its owner's eyes: ssh refuses a file that others may write.</summary>
    private static async Task WriteAsync(string path, string text, CancellationToken cancellation)
    {
        KeyFolder.CreatePrivate(Path.GetDirectoryName(path)!);
        var fresh = $"{path}.{Guid.NewGuid():n}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            await using (var file = new FileStream(fresh, options)) await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
            File.Move(fresh, path, overwrite: true);
        }
        catch
        {
            File.Delete(fresh);
            throw;
        }
    }

    private static bool IsIncluded(Invocation call, string path)
    {
        try
        {
            return File.ReadLines(Path.Combine(call.Around.Home, ".ssh", "config")).Any(l => l.TrimStart().StartsWith("Include", StringComparison.OrdinalIgnoreCase) && l.Contains(path, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
