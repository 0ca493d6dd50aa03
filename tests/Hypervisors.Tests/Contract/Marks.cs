using System.Globalization;
using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>A few bytes that a guest keeps on its disk, to tell one content from another.</summary>
public interface IMarks
{
    /// <summary>The definition with what the marks need.</summary>
    MachineDefinition Prepare(MachineDefinition definition);

    /// <summary>Writes one, down to the disk.</summary>
    Task WriteAsync(IGuest guest, string machineId, string mark, CancellationToken cancellation);

    /// <summary>Reads it from the disk; null when there is none.</summary>
    Task<string?> ReadAsync(IGuest guest, string machineId, CancellationToken cancellation);
}

/// <summary>In a file, for guests whose files survive a stop.</summary>
public sealed class FileMarks : IMarks
{
    public MachineDefinition Prepare(MachineDefinition definition) => definition;

    public Task WriteAsync(IGuest guest, string machineId, string mark, CancellationToken cancellation) =>
        guest.WriteFileAsync(machineId, "/root/mark", Encoding.UTF8.GetBytes(mark), cancellation);

    public async Task<string?> ReadAsync(IGuest guest, string machineId, CancellationToken cancellation) =>
        await guest.ReadFileAsync(machineId, "/root/mark", 64, cancellation) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
}

/// <summary>In the first sector of a second disk, for guests that live in memory, as the image <c>tiny</c> does.</summary>
public sealed class DiskMarks : IMarks
{
    private const string Disk = "/dev/vdb";

    public MachineDefinition Prepare(MachineDefinition definition) => definition with { DataDisks = [new DataDisk(1)] };

    public Task WriteAsync(IGuest guest, string machineId, string mark, CancellationToken cancellation) =>
        ShellAsync(guest, machineId, string.Create(CultureInfo.InvariantCulture, $"printf '%-64s' {mark} | dd of={Disk} conv=fsync 2>/dev/null"), cancellation);

    public async Task<string?> ReadAsync(IGuest guest, string machineId, CancellationToken cancellation)
    {
        // Without its cache the kernel reads what really is on the disk.
        var text = await ShellAsync(guest, machineId, $"echo 3 >/proc/sys/vm/drop_caches; head -c 64 {Disk} | tr -d '\\0 '", cancellation);
        return text.Length > 0 ? text : null;
    }

    private static async Task<string> ShellAsync(IGuest guest, string machineId, string script, CancellationToken cancellation)
    {
        var result = await guest.ExecAsync(machineId, new GuestExec("/bin/sh", ["-c", script], null, TimeSpan.FromSeconds(60)), cancellation);
        result.ExitCode.ShouldBe(0, Encoding.UTF8.GetString(result.Error));
        return Encoding.UTF8.GetString(result.Output);
    }
}
