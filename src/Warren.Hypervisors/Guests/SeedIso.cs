using System.Text;
using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.Guests;

/// <summary>
/// Writes the NoCloud seed: an ISO 9660 image with Joliet and Rock Ridge names and the volume id <c>cidata</c>
/// (cloud-init, "NoCloud" data source). It may hold secrets, so that its files are staged privately and removed.
/// </summary>
internal sealed class SeedIso(CommandRunner commands, string xorriso = "xorriso")
{
    /// <summary>Writes the image. A file at <paramref name="path"/> is always complete.</summary>
    internal async Task WriteAsync(CloudInitSeed seed, string path, CancellationToken cancellation)
    {
        var staging = path + ".staging";
        var fresh = path + ".new";
        try
        {
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
            Directory.CreateDirectory(staging, OwnerOnly.Folder);
            await StageAsync(staging, "meta-data", seed.MetaData, cancellation);
            await StageAsync(staging, "user-data", seed.UserData, cancellation);
            await StageAsync(staging, "vendor-data", seed.VendorData, cancellation);
            if (seed.NetworkConfig is { } network) await StageAsync(staging, "network-config", network, cancellation);
            // An empty file first: xorriso keeps its mode, so that the content is never readable by others.
            File.Delete(fresh);
            await new FileStream(fresh, Private).DisposeAsync();
            await commands.RequireAsync(
                new Command(xorriso, "-as", "mkisofs", "-quiet", "-V", "cidata", "-J", "-r", "-o", fresh, staging),
                cancellation);
            File.Move(fresh, path, overwrite: true);
        }
        finally
        {
            File.Delete(fresh);
            if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        }
    }

    private static async Task StageAsync(string staging, string name, string content, CancellationToken cancellation)
    {
        await using var file = new FileStream(Path.Combine(staging, name), Private);
        await file.WriteAsync(Encoding.UTF8.GetBytes(content), cancellation);
    }

    private static FileStreamOptions Private { get; } = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        UnixCreateMode = OwnerOnly.File,
    };
}
