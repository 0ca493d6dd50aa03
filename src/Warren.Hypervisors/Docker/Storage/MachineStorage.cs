using System.Globalization;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Docker.Machines;
using Warren.Hypervisors.Guests;

namespace Warren.Hypervisors.Docker.Storage;

/// <summary>
/// The disks of a machine, in its volume: the system disk is an overlay on the boot medium, which is mounted read-only,
/// so that no machine ever writes what another reads. A file under its final name is always complete.
/// </summary>
internal sealed class MachineStorage(DockerOptions options, HelperContainers helpers)
{
    private const string Complete = """
        set -eu
        cd /storage
        if [ -n "$1" ] && [ ! -s data.qcow2 ]; then
            if [ "$1" = empty ]; then qemu-img create -q -f qcow2 data.qcow2.new "${2}G"
            else qemu-img create -q -f qcow2 -b /base/disk -F "$1" data.qcow2.new
            fi
            mv data.qcow2.new data.qcow2
        fi
        shift 2
        number=0
        for size; do
            if [ "$size" != 0 ] && [ ! -s "disk$number.qcow2" ]; then
                qemu-img create -q -f qcow2 "disk$number.qcow2.new" "${size}G" && mv "disk$number.qcow2.new" "disk$number.qcow2"
            fi
            number=$((number + 1))
        done
        """;

    // The seed names the source; the images keep the MAC they once chose in a file of its own.
    private const string Copy = """
        set -eu
        rm -rf /to/* /to/.[!.]*
        cp -a --reflink=auto --sparse=auto /from/. /to/
        rm -f /to/seed.iso /to/*.mac /to/*.new
        """;

    private readonly SeedIso _seeds = new(new CommandRunner());

    /// <summary>Makes what is missing of the disks.</summary>
    internal async Task CompleteAsync(MachineDefinition definition, BootSource boot, CancellationToken cancellation)
    {
        foreach (var disk in definition.DataDisks)
        {
            if (options.IsLocal && disk.ExistingPath is { } path && !File.Exists(path))
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"dataDisks.existingPath: the file {path} does not exist");
        }

        // The images make an empty disk by themselves, but not without a medium where they look for one.
        var system = boot.Format is "qcow2" or "raw" ? boot.Format : boot is { Format: "iso", Volume: not null } ? "empty" : "";
        var size = Math.Max(1, definition.DiskGiB).ToString(CultureInfo.InvariantCulture);
        string[] sizes = [.. definition.DataDisks.Select(d => d.ExistingPath is null ? d.SizeGiB.ToString(CultureInfo.InvariantCulture) : "0")];
        var job = new HelperJob(boot.Image, Complete, [system, size, .. sizes]) { Mounts = MachineSpec.Mounts(definition.Id, boot) };
        if (definition.Seed is { } seed) await SeedAsync(definition.Id, seed, file => RunAsync(job with { Uploads = [file] }, cancellation), cancellation);
        else if (system.Length > 0 || sizes.Any(s => s != "0")) await RunAsync(job, cancellation);
    }

    /// <summary>Fills the volume of a new machine with a copy of a stopped one's.</summary>
    internal Task CopyAsync(string sourceId, string id, string image, CancellationToken cancellation) => helpers.RequireAsync("copying disks",
        new HelperJob(image, Copy)
        {
            Mounts =
            [
                MachineSpec.Mount("volume", MachineMarks.Name(sourceId), "/from", readOnly: true),
                MachineSpec.Mount("volume", MachineMarks.Name(id), "/to", readOnly: false),
            ],
            Limit = TimeSpan.FromHours(4),
        }, cancellation);

    private Task<string> RunAsync(HelperJob job, CancellationToken cancellation) => helpers.RequireAsync("making disks", job, cancellation);

    /// <summary>Writes the cloud-init seed for as long as it takes to put it into the machine's volume.</summary>
    private async Task SeedAsync(string id, CloudInitSeed seed, Func<Upload, Task> put, CancellationToken cancellation)
    {
        var folder = Path.Combine(options.Folder, "seeds", id);
        var file = Path.Combine(folder, "seed.iso");
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, OwnerOnly.Folder);
            await _seeds.WriteAsync(seed, file, cancellation);
            await put(new Upload(StoragePaths.Storage, Path.GetFileName(StoragePaths.Seed), () => File.OpenRead(file)));
        }
        finally
        {
            // It may hold secrets.
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }
}
