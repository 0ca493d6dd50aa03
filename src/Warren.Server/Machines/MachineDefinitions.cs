using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Images;
using Warren.Server.Operations;

namespace Warren.Server.Machines;

/// <summary>From a machine's row to the definition that its driver is given.</summary>
internal sealed class MachineDefinitions(WarrenDb db, ImageStore store, ImageFormat formats, HostDirectory hosts, MachineOptions options)
{
    /// <param name="machine">The machine.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="host">The host it is defined for, when that is another than the one it is on.</param>
    /// <exception cref="RefusedException">The image is not in the store any more.</exception>
    public async Task<MachineDefinition> OfAsync(MachineRow machine, CancellationToken cancellation, string? host = null)
    {
        var boot = await BootAsync(machine, cancellation);
        var where = host ?? machine.Host;
        var forwards = await db.PortForwards.AsNoTracking().Where(f => f.MachineId == machine.Id && f.Host == where).OrderBy(f => f.Id).ToListAsync(cancellation);
        var devices = machine.Devices;
        var kind = (await hosts.FindAsync(where, cancellation)).Kind;
        var free = (options.NetworkMbps ?? options.DiskMiBps ?? options.DiskIops) is null
            || await db.Users.AnyAsync(u => u.Id == machine.OwnerId && (u.Role == UserRole.Administrator || u.Role == UserRole.Owner), cancellation);
        var disks = new List<DataDisk>();
        foreach (var disk in devices.DataDisks) disks.Add(await DiskAsync(disk, cancellation));
        return new MachineDefinition
        {
            Id = machine.Id,
            Name = machine.Name,
            MemoryMiB = machine.MemoryMib,
            Cpus = machine.Cpus,
            DiskGiB = machine.DiskGib,
            Boot = boot,
            Firmware = devices.Firmware == MachineFirmware.Uefi ? Firmware.Uefi : Firmware.Bios,
            Video = devices.Video == MachineVideo.Virtio ? VideoCard.Virtio : VideoCard.Std,
            Ephemeral = devices.Ephemeral,
            DataDisks = disks,
            Seed = machine.WithoutImage ? null : CloudInit.Seed(machine),
            Forwards = [.. forwards.Select(f => new PortForward(f.Protocol, f.HostAddress, f.HostPort, f.GuestPort))],
            MacAddress = machine.MacAddress,
            Network = devices.Network,
            NetworkMode = Mode(devices, kind),
            Egress = devices.Egress,
            NetworkMbps = kind.NetworkLimits && devices.Network is null ? Share(devices.NetworkMbps, options.NetworkMbps, free) : devices.NetworkMbps,
            DiskMiBps = kind.DiskLimits ? Share(devices.DiskMiBps, options.DiskMiBps, free) : devices.DiskMiBps,
            DiskIops = kind.DiskLimits ? Share(devices.DiskIops, options.DiskIops, free) : devices.DiskIops,
            Options = devices.Options,
        };
    }

    /// <summary>What is configured holds for machines that were made before it was, or by somebody else, too.</summary>
    private static int? Share(int? own, int? most, bool free) => free || most is null ? own : Math.Min(own ?? int.MaxValue, most.Value);

    private GuestNetworkMode? Mode(MachineDevices devices, HypervisorKind kind) => (devices.NetworkMode ?? (kind.NetworkModes && devices.Network is null ? options.NetworkMode : null)) switch
    {
        MachineNetworkMode.Isolated => GuestNetworkMode.Isolated,
        MachineNetworkMode.Internet => GuestNetworkMode.Internet,
        MachineNetworkMode.Lan => GuestNetworkMode.Lan,
        _ => null,
    };

    private async Task<BootMedium> BootAsync(MachineRow machine, CancellationToken cancellation)
    {
        if (machine.WithoutImage)
        {
            // It has its disks already and is never made anew. A definition needs a medium all the same: one that is nowhere.
            var kind = (await hosts.FindAsync(machine.Host, cancellation)).Kind;
            return new BootMedium("/nonexistent", kind.BootFormats[0]);
        }

        var image = await db.Images.AsNoTracking().SingleOrDefaultAsync(i => i.Id == machine.ImageId && i.State == ImageState.Ready, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"The image '{machine.ImageName}' is not in the store."));
        return new BootMedium(store.PathOf(image.Sha256!), image.Format!);
    }

    /// <summary>An existing disk is looked at anew each time: it was written to by others since.</summary>
    private async Task<DataDisk> DiskAsync(DataDiskSpec disk, CancellationToken cancellation)
    {
        if (disk.Path is null) return new DataDisk(disk.SizeGiB ?? 1);
        try
        {
            var found = await formats.InspectAsync(disk.Path, disk.Format, cancellation);
            return found.Format is "iso" or "container"
                ? throw new RefusedException(Problems.Validation("dataDisks", $"{Path.GetFileName(disk.Path)} is {found.Format}, not a disk"))
                : new DataDisk(0, disk.Path, found.Format);
        }
        catch (ImageException e)
        {
            throw new RefusedException(Problems.Validation("dataDisks", $"{Path.GetFileName(disk.Path)}: {e.Message}"));
        }
    }
}
