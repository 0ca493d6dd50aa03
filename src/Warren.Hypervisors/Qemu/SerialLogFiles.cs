using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// The serial logs, which QEMU appends to. What a log has too much is given back to the file system from its beginning, as a
/// hole (fallocate(2)): no byte moves, so it can be done while QEMU writes and anybody reads, a crash leaves nothing half
/// done, and a byte's place is its place in the file. The file looks longer than what it takes (<c>du</c> tells).
/// </summary>
internal sealed partial class SerialLogFiles(string machinesFolder) : IKeptLogs
{
    /// <summary>Bytes that stay.</summary>
    internal const long Kept = 16 << 20;

    /// <summary>Bytes more that a log may have before it is cut, so that it is not done for every few.</summary>
    internal const long Slack = 1 << 20;

    /// <summary>No file system of today has larger blocks; holes consist of whole ones.</summary>
    private const long Block = 64 << 10;

    // fallocate(2) and lseek(2), as Linux numbers them.
    private const int KeepSize = 1, PunchHole = 2, SeekData = 3;
    private const int NoSuchAddress = 6;

    /// <inheritdoc/>
    public Task<KeptLog> OpenAsync(string machineId, CancellationToken cancellation)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        return folder.Exists ? Task.FromResult<KeptLog>(SerialLogFile.Open(folder)) : throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {machineId} on this host");
    }

    /// <inheritdoc/>
    public Task TrimAsync(string machineId, CancellationToken cancellation)
    {
        Cut(new MachineFolder(machinesFolder, machineId).SerialLog);
        return Task.CompletedTask;
    }

    /// <summary>Cuts a log.</summary>
    /// <returns>False: it is too long, and the file system has no holes.</returns>
    internal static bool Cut(string log)
    {
        try
        {
            if (new FileInfo(log) is not { Exists: true, Length: > Kept + Slack }) return true;
            using var file = FileOwner.OpenItself(log, FileAccess.ReadWrite);
            var length = RandomAccess.GetLength(file);
            return length - Start(file) <= Kept + Slack || Allocate(file, KeepSize | PunchHole, 0, (length - Kept) / Block * Block) == 0;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
    }

    /// <summary>Where the first byte is that is still there.</summary>
    internal static long Start(SafeFileHandle file)
    {
        var at = Seek(file, 0, SeekData);
        if (at >= 0) return at;
        // "The whole file is a hole", or it is empty; another error is that of a file system without holes.
        return Marshal.GetLastPInvokeError() == NoSuchAddress ? RandomAccess.GetLength(file) : 0;
    }

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}

/// <summary>One serial log that is open for reading.</summary>
internal sealed class SerialLogFile : KeptLog
{
    private readonly MachineFolder _folder;

    /// <summary>Null: there was none.</summary>
    private readonly SafeFileHandle? _file;

    private SerialLogFile(MachineFolder folder, SafeFileHandle? file, string id) => (_folder, _file, Id) = (folder, file, id);

    /// <inheritdoc/>
    public override string Id { get; }

    /// <inheritdoc/>
    public override long Start => _file is null ? 0 : SerialLogFiles.Start(_file);

    /// <inheritdoc/>
    public override long End => _file is null ? 0 : RandomAccess.GetLength(_file);

    /// <inheritdoc/>
    public override bool IsFormer => _file is null ? File.Exists(_folder.SerialLog) : Id != IdOf(_folder);

    internal static SerialLogFile Open(MachineFolder folder)
    {
        while (true)
        {
            var (id, file) = (IdOf(folder), TryOpen(folder.SerialLog));
            // It may just be set aside.
            if (id == IdOf(folder)) return new SerialLogFile(folder, file, id);
            file?.Dispose();
        }
    }

    /// <inheritdoc/>
    public override int Read(ref long at, Span<byte> into)
    {
        if (_file is null)
        {
            at = 0;
            return 0;
        }

        at = Math.Min(at, End);
        while (true)
        {
            var read = RandomAccess.Read(_file, into, at);
            // What was forgotten before it was read is read as zeros.
            var start = SerialLogFiles.Start(_file);
            if (start <= at) return read;
            at = start;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _file?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A log that is set aside keeps its time, so the one after it is known by that.</summary>
    private static string IdOf(MachineFolder folder) =>
        new FileInfo(folder.SerialLog + ".1") is { Exists: true } former ? former.LastWriteTimeUtc.Ticks.ToString("x", null) : "0";

    private static SafeFileHandle? TryOpen(string path)
    {
        try
        {
            return FileOwner.OpenItself(path, FileAccess.Read);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException e) when (e is not DirectoryNotFoundException)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"the serial log is not read: {e.Message}", e);
        }
    }
}
