using System.Globalization;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Running;

/// <summary>A small file system of its own, mounted on a folder, that can be filled up and given room again. Needs root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;
    private readonly string _filler;

    private SmallDisk(string folder, string filler) => (_folder, _filler) = (folder, filler);

    /// <summary>Mounts it, or skips the test where nothing can be mounted.</summary>
    /// <param name="folder">Where; what it held is not seen meanwhile.</param>
    /// <param name="mebibytes">Its size.</param>
    /// <param name="filler">The file that takes the room, below the folder.</param>
    public static async Task<SmallDisk> MountAsync(string folder, int mebibytes, string filler)
    {
        Directory.CreateDirectory(folder);
        var options = string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m,mode=0700");
        var mount = await new CommandRunner().RunAsync(new Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder));
        Assert.SkipUnless(mount.ExitCode == 0, $"nothing can be mounted here: {mount.Error}");
        return new SmallDisk(folder, Path.Combine(folder, filler));
    }

    /// <summary>Takes all room but so many bytes.</summary>
    public void Fill(long free = 0)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_filler)!);
        FullDisk.Fill(_filler, free);
    }

    /// <summary>Gives the room back.</summary>
    public void Empty() => File.Delete(_filler);

    /// <summary>Unmounts it; who still has files open on it keeps them until he closes them.</summary>
    public void Dispose() => new CommandRunner().RequireAsync(new Command("umount", "--lazy", _folder), CancellationToken.None).GetAwaiter().GetResult();
}
