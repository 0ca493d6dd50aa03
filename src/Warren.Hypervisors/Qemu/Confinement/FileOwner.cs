using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>Who a file belongs to, by number: statx(2) and lchown(2), neither of which follows a link in the last place.</summary>
internal static partial class FileOwner
{
    /// <summary>What is known of a file.</summary>
    /// <param name="User">Its user.</param>
    /// <param name="Group">Its group.</param>
    /// <param name="Mode">Type and permissions, as stat(2) has them.</param>
    /// <param name="Node">Its number on its file system.</param>
    /// <param name="Links">How many names it has.</param>
    internal sealed record Facts(uint User, uint Group, ushort Mode, ulong Node, uint Links)
    {
        internal bool IsFile => (Mode & TypeMask) == 0x8000;

        internal bool IsFolder => (Mode & TypeMask) == 0x4000;

        internal bool IsSocket => (Mode & TypeMask) == 0xC000;
    }

    private const int TypeMask = 0xF000, AtCurrentFolder = -100, NoFollow = 0x100, EmptyPath = 0x1000;

    private const uint BasicFacts = 0x7ff;

    // open(2), as Linux numbers it.
    private const int ReadAndWrite = 2, NonBlocking = 0x800, CloseOnExec = 0x80000, OnlyPath = 0x200000, NoEntry = 2, NoDevice = 6, TooManyLinks = 40;

    private static readonly int s_noLink = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>The user of this process.</summary>
    internal static uint Self { get; } = OperatingSystem.IsLinux() ? EffectiveUser() : 0;

    /// <summary>Whether this process is root: only it gives files away.</summary>
    internal static bool IsRoot { get; } = OperatingSystem.IsLinux() && Self == 0;

    /// <summary>What a path itself is; null when there is nothing.</summary>
    internal static Facts? Of(string path) => Look(AtCurrentFolder, path, NoFollow);

    /// <summary>What an open file is.</summary>
    internal static Facts? Of(SafeFileHandle file) => Look((int)file.DangerousGetHandle(), "", EmptyPath);

    /// <summary>Gives a file to a user and a group.</summary>
    /// <exception cref="IOException">It cannot be given away.</exception>
    internal static void Give(string path, uint user, uint group)
    {
        if (ChangeOwner(path, user, group) != 0)
            throw new IOException($"{Path.GetFileName(path)} cannot be given to user {user}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>
    /// Opens a file in a folder that a confined QEMU can write to: never what a link leads to, or another's file by a second name, which such a QEMU
    /// could have put in its place. Looked at once it is open: what has that name then does not matter.
    /// </summary>
    /// <exception cref="IOException">It is none of the machine's files, or cannot be opened.</exception>
    internal static SafeFileHandle OpenItself(string path, FileAccess access) =>
        TryOpenItself(path, access) ?? throw new IOException($"{path} is no file of the machine: it leads elsewhere, or is another's");

    /// <summary>The same; null when it is none of the machine's files.</summary>
    internal static SafeFileHandle? TryOpenItself(string path, FileAccess access)
    {
        var file = OpenFile(path, access, s_noLink);
        if (file is null || !OperatingSystem.IsLinux() || (Of(file) is { Links: 1 } facts && (facts.User == Self || facts.User == MachineUsers.UserOf(Path.GetDirectoryName(path)!)))) return file;
        file.Dispose();
        return null;
    }

    /// <summary>Opens what a path leads to if that is a file, else null: a pipe would hold up whoever opens it.</summary>
    internal static SafeFileHandle? OpenFile(string path, FileAccess access) => OpenFile(path, access, 0);

    /// <summary>Closes a socket to all but its owner.</summary>
    /// <exception cref="IOException">It is no socket.</exception>
    internal static void RestrictSocket(string path)
    {
        using var socket = Open(path, OnlyPath | CloseOnExec | s_noLink);
        if (socket.IsInvalid || Of(socket) is not { IsSocket: true }) throw new IOException($"{Path.GetFileName(path)} is no socket");
        // chmod(2) follows links: by the open file there are none.
        File.SetUnixFileMode(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{socket.DangerousGetHandle()}"), OwnerOnly.File);
    }

    /// <summary>Copies such a file.</summary>
    internal static void CopyItself(string from, string to, bool overwrite = false)
    {
        using var source = new FileStream(OpenItself(from, FileAccess.Read), FileAccess.Read);
        if (overwrite) File.Delete(to);
        using var target = new FileStream(to, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OperatingSystem.IsWindows() ? null : OwnerOnly.File });
        source.CopyTo(target);
    }

    /// <summary>Makes an empty file that marks something, in the place of whatever has its name.</summary>
    internal static void Mark(string path)
    {
        File.Delete(path);
        new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OperatingSystem.IsWindows() ? null : OwnerOnly.File }).Dispose();
    }

    private static SafeFileHandle? OpenFile(string path, FileAccess access, int noLink)
    {
        if (!OperatingSystem.IsLinux()) return File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
        var file = Open(path, (access == FileAccess.Read ? 0 : ReadAndWrite) | NonBlocking | CloseOnExec | noLink);
        var error = file.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        if (error == 0 && Of(file) is { IsFile: true }) return file;
        file.Dispose();
        if (error is 0 or TooManyLinks or NoDevice) return null;
        throw error switch
        {
            NoEntry => Directory.Exists(Path.GetDirectoryName(path)) ? new FileNotFoundException(null, path) : new DirectoryNotFoundException(path),
            _ => new IOException($"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}"),
        };
    }

    private static Facts? Look(int folder, string path, int flags)
    {
        // struct statx of statx(2): numbers of links, user, group, mode and node are at 16, 20, 24, 28 and 32.
        Span<byte> facts = stackalloc byte[256];
        if (StatX(folder, path, flags, BasicFacts, ref MemoryMarshal.GetReference(facts)) != 0) return null;
        return new Facts(
            BinaryPrimitives.ReadUInt32LittleEndian(facts[20..]), BinaryPrimitives.ReadUInt32LittleEndian(facts[24..]),
            BinaryPrimitives.ReadUInt16LittleEndian(facts[28..]), BinaryPrimitives.ReadUInt64LittleEndian(facts[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(facts[16..]));
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatX(int folder, string path, int flags, uint mask, ref byte facts);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();
}
