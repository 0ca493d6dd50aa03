using System.Globalization;
using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.VirtualBox.Tool;

/// <summary>Files of the host: on the server's own machine, or by a POSIX shell behind ssh. Paths are ours, made of a checked folder and checked ids.</summary>
internal sealed class HostFiles(VirtualBoxOptions options)
{
    private static readonly TimeSpan s_longestCopy = TimeSpan.FromHours(2);
    private readonly CommandRunner _commands = new();

    internal bool Local => options.Ssh is null;

    /// <summary>Makes a folder that only its owner may look into.</summary>
    internal async Task MakeFolderAsync(string path, CancellationToken cancellation)
    {
        if (Local) Directory.CreateDirectory(path, OwnerOnly.Folder);
        else await ThereAsync("mkdir", ["-p", "-m", "700", "--", path], cancellation);
    }

    /// <summary>Brings a file of the server to the host. It gets its name when it is whole.</summary>
    internal async Task PutAsync(string from, string to, CancellationToken cancellation)
    {
        if (Local)
        {
            if (from != to) File.Move(from, to, overwrite: true);
            return;
        }

        var fresh = to + ".new";
        var line = options.Ssh!.Remote("sh", ["-c", "umask 077 && cat > \"$1\"", "sh", fresh]) with { Timeout = s_longestCopy };
        await using var file = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.Read);
        Insist(await _commands.PipeAsync(line, file.CopyToAsync, Stream.Null, cancellation), "copying to the host");
        await ThereAsync("mv", ["-f", "--", fresh, to], cancellation);
    }

    /// <summary>Whether a folder is there.</summary>
    internal async Task<bool> ExistsAsync(string path)
    {
        if (Local) return Directory.Exists(path);
        var result = await _commands.RunAsync(options.Ssh!.Remote("test", ["-e", path]) with { Timeout = options.Timeout }, CancellationToken.None);
        if (result.ExitCode > 1) Insist(result, "test");
        return result.ExitCode == 0;
    }

    /// <summary>Removes a folder with all that is in it. One that is not there is success.</summary>
    internal async Task RemoveFolderAsync(string path)
    {
        if (!Local) await ThereAsync("rm", ["-rf", "--", path], CancellationToken.None);
        else if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <summary>Processors, and free GiB where our machines are.</summary>
    internal async Task<(int Cpus, long FreeGiB)> CapacityAsync(CancellationToken cancellation)
    {
        if (Local)
        {
            Directory.CreateDirectory(options.Folder, OwnerOnly.Folder);
            return (Environment.ProcessorCount, new DriveInfo(options.Folder).AvailableFreeSpace >> 30);
        }

        await MakeFolderAsync(options.Folder, cancellation);
        var cpus = await ThereAsync("getconf", ["_NPROCESSORS_ONLN"], cancellation);
        var disk = await ThereAsync("df", ["-Pk", "--", options.Folder], cancellation);
        var columns = disk.Trim().Split('\n')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (
            int.TryParse(cpus.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1,
            columns.Length > 3 && long.TryParse(columns[3], NumberStyles.None, CultureInfo.InvariantCulture, out var free) ? free >> 20 : 0);
    }

    private async Task<string> ThereAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        var result = await _commands.RunAsync(options.Ssh!.Remote(program, arguments) with { Timeout = options.Timeout }, cancellation);
        Insist(result, program);
        return result.Output;
    }

    private void Insist(CommandResult result, string doing)
    {
        if (result.ExitCode == 0) return;
        throw new HypervisorException(result.ExitCode == SshTarget.Failed ? HypervisorErrorKind.Unreachable : HypervisorErrorKind.Rejected,
            $"{doing} on {options.Ssh!.Host}: {BoxAnswer.Short(result.Error)}");
    }
}
