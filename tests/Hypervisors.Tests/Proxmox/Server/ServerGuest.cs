using System.Text;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Commands;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>
/// As much of a guest as its agent shows: files in a folder, of which /tmp and /proc are memory, and the real shell, echo and
/// cat of this machine with paths led into that folder.
/// </summary>
internal sealed class ServerGuest(string folder)
{
    private readonly Dictionary<long, (int Code, byte[] Output, byte[] Error)> _ended = [];
    private long _pids;

    internal void Boot()
    {
        Halt();
        foreach (var name in new[] { "tmp", "root", "etc", "proc/sys/kernel/random" }) Directory.CreateDirectory(Path.Combine(folder, name));
        Write("/proc/sys/kernel/random/boot_id", Encoding.ASCII.GetBytes(Guid.NewGuid() + "\n"));
        var passwd = Path.Combine(folder, "etc", "passwd");
        if (!File.Exists(passwd)) File.WriteAllText(passwd, $"root:x:{Ids.Value}:root:/root:/bin/sh\n");
    }

    internal void Halt()
    {
        foreach (var name in new[] { "tmp", "proc" })
            if (Directory.Exists(Path.Combine(folder, name))) Directory.Delete(Path.Combine(folder, name), recursive: true);
    }

    internal void SaveTo(string target) => Copy(folder, target);

    internal void LoadFrom(string source, bool memory)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Copy(source, folder);
        if (!memory) Halt();
    }

    internal byte[]? Read(string path) => File.Exists(Within(path)) ? File.ReadAllBytes(Within(path)) : null;

    internal void Write(string path, byte[] content) => File.WriteAllBytes(Within(path), content);

    internal async Task<long> ExecAsync(string[] command, string? input, CancellationToken cancellation)
    {
        var shell = command[0] == "/bin/sh";
        var arguments = command.Skip(1).Select((a, i) => shell && i >= 2 && a.StartsWith('/') && !a.StartsWith("/bin/", StringComparison.Ordinal) ? Within(a) : a);
        // Into a file: what the runner keeps is lines of text.
        var output = folder + "-" + Guid.NewGuid().ToString("n");
        var result = await new CommandRunner().RunAsync(new Command("/bin/sh", ["-c", "out=$1; shift; exec \"$@\" > \"$out\"", "sh", output, command[0], .. arguments]) { Input = input ?? "" }, cancellation);
        var bytes = await File.ReadAllBytesAsync(output, cancellation);
        File.Delete(output);
        lock (_ended)
        {
            _ended[++_pids] = (result.ExitCode, bytes, Encoding.UTF8.GetBytes(result.Error));
            return _pids;
        }
    }

    /// <summary>Each byte as the character of that number, as Perl's JSON writes a string of bytes.</summary>
    internal JsonObject? Ended(long pid)
    {
        lock (_ended)
        {
            if (!_ended.TryGetValue(pid, out var end)) return null;
            var status = new JsonObject { ["exited"] = 1, ["exitcode"] = end.Code };
            if (end.Output.Length > 0) status["out-data"] = Encoding.Latin1.GetString(end.Output);
            if (end.Error.Length > 0) status["err-data"] = Encoding.Latin1.GetString(end.Error);
            return status;
        }
    }

    private static Lazy<string> Ids { get; } = new(() =>
    {
        var runner = new CommandRunner();
        return $"{runner.RequireAsync(new Command("id", "-u")).GetAwaiter().GetResult().Trim()}:{runner.RequireAsync(new Command("id", "-g")).GetAwaiter().GetResult().Trim()}";
    });

    private string Within(string path)
    {
        var full = Path.GetFullPath(folder + path);
        return full.StartsWith(folder + "/", StringComparison.Ordinal) ? full : throw new InvalidOperationException("out of the guest");
    }

    private static void Copy(string source, string target)
    {
        Directory.CreateDirectory(target);
        if (!Directory.Exists(source)) return;
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to, overwrite: true);
        }

        foreach (var empty in Directory.EnumerateDirectories(source, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(Path.Combine(target, Path.GetRelativePath(source, empty)));
    }
}
