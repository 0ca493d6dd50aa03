namespace Hypervisors.Tests.Qemu;

/// <summary>A file that leaves a file system little room.</summary>
internal static class FullDisk
{
    /// <param name="filler">The file.</param>
    /// <param name="free">Bytes that stay free.</param>
    internal static void Fill(string filler, long free)
    {
        using var file = File.Create(filler, 1);
        var chunk = new byte[4096];
        var room = new DriveInfo(Path.GetDirectoryName(filler)!).AvailableFreeSpace;
        for (var left = room - free; left >= chunk.Length; left -= chunk.Length) file.Write(chunk);
    }
}
