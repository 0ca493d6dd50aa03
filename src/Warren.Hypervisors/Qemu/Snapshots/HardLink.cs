using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>link(2): a second name for a file, which a QEMU that has the file open does not notice.</summary>
internal static partial class HardLink
{
    /// <exception cref="HypervisorException">Rejected, with the reason.</exception>
    internal static void Make(string existing, string path)
    {
        if (Link(existing, path) != 0)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"{Path.GetFileName(existing)} cannot be frozen: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string existing, string path);
}
