using System.Globalization;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.Qemu;

/// <summary>Makes and grows the disk files of a machine with qemu-img. A file under its final name is always complete.</summary>
internal sealed class DiskFiles(QemuOptions options, CommandRunner commands)
{
    private const long GiB = 1L << 30;

    /// <summary>Makes what is missing of the system disk, the data disks and the firmware's variables.</summary>
    internal async Task CompleteAsync(MachineDefinition definition, MachineFolder folder, CancellationToken cancellation)
    {
        RequireFile("boot.path", definition.Boot.Path);
        if (definition.Boot.Format != "iso")
            await OverlayAsync(folder.SystemDisk, definition.Boot.Path, definition.Boot.Format, definition.DiskGiB * GiB, definition.Ephemeral, cancellation);
        else if (definition.DiskGiB > 0)
            await EmptyAsync(folder.SystemDisk, definition.DiskGiB * GiB, definition.Ephemeral, cancellation);
        for (var i = 0; i < definition.DataDisks.Count; i++)
        {
            var disk = definition.DataDisks[i];
            if (disk.ExistingPath is null)
                await EmptyAsync(folder.DataDisk(i), disk.SizeGiB * GiB, definition.Ephemeral, cancellation);
            else
                await AttachAsync(folder.DataDisk(i), disk, definition.Ephemeral, cancellation);
        }

        if (definition.Firmware == Firmware.Uefi) CopyVariables(folder, definition.Ephemeral);
    }

    /// <summary>Grows the system disk of a stopped machine to the definition's size.</summary>
    internal async Task GrowAsync(MachineDefinition definition, MachineFolder folder, CancellationToken cancellation)
    {
        if (!File.Exists(folder.SystemDisk)) return;
        var size = await VirtualSizeAsync(folder.SystemDisk, "qcow2", cancellation);
        var wanted = definition.DiskGiB * GiB;
        if (wanted == size) return;
        if (wanted < size)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected,
                $"diskGiB cannot shrink: the disk has {Math.Ceiling(size / (double)GiB)} GiB");
        }

        await ImgAsync(cancellation, "resize", "-q", "-f", "qcow2", folder.SystemDisk, Text(wanted));
    }

    private async Task OverlayAsync(
        string path, string backing, string format, long atLeast, bool fresh, CancellationToken cancellation)
    {
        if (!fresh && File.Exists(path)) return;
        var size = Math.Max(atLeast, await VirtualSizeAsync(backing, format, cancellation));
        await MakeAsync(path, cancellation, "-b", backing, "-F", format, path + ".new", Text(size));
    }

    private async Task EmptyAsync(string path, long size, bool fresh, CancellationToken cancellation)
    {
        if (!fresh && File.Exists(path)) return;
        await MakeAsync(path, cancellation, path + ".new", Text(size));
    }

    private async Task AttachAsync(string overlay, DataDisk disk, bool ephemeral, CancellationToken cancellation)
    {
        RequireFile("dataDisks.existingPath", disk.ExistingPath!);
        if (ephemeral) await OverlayAsync(overlay, disk.ExistingPath!, disk.ExistingFormat!, 0, fresh: true, cancellation);
    }

    private async Task MakeAsync(string path, CancellationToken cancellation, params string[] arguments)
    {
        File.Delete(path + ".new");
        try
        {
            await ImgAsync(cancellation, ["create", "-q", "-f", "qcow2", .. arguments]);
        }
        catch
        {
            // What is half made would go on naming a layer.
            File.Delete(path + ".new");
            throw;
        }

        File.SetUnixFileMode(path + ".new", OwnerOnly.File);
        File.Move(path + ".new", path, overwrite: true);
    }

    private void CopyVariables(MachineFolder folder, bool fresh)
    {
        if (!fresh && File.Exists(folder.FirmwareVariables)) return;
        File.Copy(Firmwares().Variables, folder.FirmwareVariables + ".new", overwrite: true);
        File.SetUnixFileMode(folder.FirmwareVariables + ".new", OwnerOnly.File);
        File.Move(folder.FirmwareVariables + ".new", folder.FirmwareVariables, overwrite: true);
    }

    /// <summary>The OVMF of this host.</summary>
    /// <exception cref="HypervisorException">Unsupported when there is none.</exception>
    internal FirmwareFiles Firmwares() =>
        FirmwareFiles.Find(options.FirmwareSearchPaths) ?? throw new HypervisorException(
            HypervisorErrorKind.Unsupported, "firmware uefi needs OVMF, which is not installed: apt-get install ovmf");

    /// <summary>Takes out the layer below a file: what it holds goes into the file, which then lies upon what the layer lay upon.</summary>
    internal async Task TakeOutAsync(string path, string layer, CancellationToken cancellation)
    {
        var below = JsonNode.Parse(await ImgAsync(cancellation, "info", "--output=json", "-U", "-f", "qcow2", layer))!;
        var name = (string?)below["backing-filename"] ?? "";
        string[] format = name.Length > 0 ? ["-F", (string)below["backing-filename-format"]!] : [];
        await ImgAsync(cancellation, ["rebase", "-q", "-f", "qcow2", .. format, "-b", name, path]);
    }

    /// <summary>Takes in all that lies below a file, which then stands alone. Broken off, it lies upon what it lay upon, and holds the same.</summary>
    internal async Task FlattenAsync(string path, CancellationToken cancellation) =>
        await ImgAsync(cancellation, "rebase", "-q", "-f", "qcow2", "-b", "", path);

    /// <summary>Bytes of a system disk as the definition asks for.</summary>
    internal static long SystemBytes(MachineDefinition definition) => definition.DiskGiB * GiB;

    /// <summary>Bytes that the guest sees.</summary>
    internal async Task<long> VirtualSizeAsync(string path, string format, CancellationToken cancellation)
    {
        var text = await ImgAsync(cancellation, "info", "--output=json", "-U", "-f", format, path);
        return (long)JsonNode.Parse(text)!["virtual-size"]!;
    }

    private async Task<string> ImgAsync(CancellationToken cancellation, params string[] arguments)
    {
        var command = new Command(options.QemuImgProgram, arguments) { Environment = options.Environment };
        var result = await commands.RunAsync(command, cancellation);
        if (result.ExitCode == 0) return result.Output;
        throw QemuErrors.From(result.Error);
    }

    private static void RequireFile(string field, string path)
    {
        if (!File.Exists(path)) throw new HypervisorException(HypervisorErrorKind.Rejected, $"{field}: the file {path} does not exist");
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
