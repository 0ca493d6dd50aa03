using Warren.Contracts;

namespace Warren.Cli.Arguments;

/// <summary>Further disks: a size makes a new one, a path takes a file of the host.</summary>
internal static class DataDisks
{
    public static DataDiskSpec Parse(string text)
    {
        if (text.Length == 0) throw Refusal.Invalid("--data-disk", "must be a size (5G) or the path of a disk file");
        return Sizes.LooksLikeSize(text)
            ? new DataDiskSpec { SizeGiB = Sizes.DiskGiB(text, "--data-disk") }
            : new DataDiskSpec { Path = Path.GetFullPath(text) };
    }
}
