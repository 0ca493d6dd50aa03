using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>Makes machines and takes them away. The mark comes last, so that it never stands on half a machine.</summary>
internal sealed partial class MachineMaker(BoxManage box, BoxMachines machines, HostFiles files, VirtualBoxOptions options)
{
    private static readonly TimeSpan s_longestCopy = TimeSpan.FromHours(1);
    private readonly CommandRunner _commands = new();

    /// <summary>A machine from its image.</summary>
    /// <param name="definition">What it is to be.</param>
    /// <param name="half">What a creation left that was broken off.</param>
    /// <param name="progress">How far its disk is.</param>
    /// <param name="cancellation">Gives up; nothing is left then.</param>
    internal Task MakeAsync(MachineDefinition definition, (VmInfo Info, bool Whole)? half, IProgress<double> progress, CancellationToken cancellation) =>
        MakeAsync(definition, half, async () =>
        {
            if (definition.Boot.Format == "iso") await PlugMediumAsync(definition, cancellation);
            else await ConvertAsync(definition, progress, cancellation);
            if (definition.Boot.Format == "iso" && definition.DiskGiB > 0) await PlugEmptyAsync(definition.Id, "disk", MachineSettings.SystemPort, definition.DiskGiB, cancellation);
            for (var i = 0; i < definition.DataDisks.Count; i++)
                await PlugEmptyAsync(definition.Id, DataName(i), MachineSettings.FirstDataPort + i, definition.DataDisks[i].SizeGiB, cancellation);
        }, cancellation);

    /// <summary>A machine with copies of a stopped one's disks.</summary>
    internal Task CopyAsync(VmInfo source, MachineDefinition definition, (VmInfo Info, bool Whole)? half, CancellationToken cancellation) =>
        MakeAsync(definition, half, async () =>
        {
            for (var port = 0; port < MachineSettings.Ports(definition); port++)
            {
                if (port is MachineSettings.SeedPort) continue;
                if (port is MachineSettings.MediumPort)
                {
                    if (definition.Boot.Format == "iso") await PlugMediumAsync(definition, cancellation);
                    continue;
                }

                if (source.Medium(port) is { } from)
                {
                    var to = DiskPath(definition.Id, port == MachineSettings.SystemPort ? "disk" : DataName(port - MachineSettings.FirstDataPort));
                    await box.ChangeAsync(["clonemedium", "disk", from, to, "--format", "VDI"], cancellation);
                    await PlugAsync(definition.Id, port, "hdd", to, cancellation);
                }
                else if (port >= MachineSettings.FirstDataPort)
                {
                    var index = port - MachineSettings.FirstDataPort;
                    await PlugEmptyAsync(definition.Id, DataName(index), port, definition.DataDisks[index].SizeGiB, cancellation);
                }
            }

            await GrowAsync(definition, (await machines.LookAsync(BoxMachines.NameOf(definition.Id), cancellation))!, cancellation);
        }, cancellation);

    /// <summary>Makes a stopped machine what the definition says.</summary>
    internal async Task ApplyAsync(MachineDefinition definition, VmInfo info, CancellationToken cancellation)
    {
        var version = await box.VersionAsync(cancellation);
        await box.ChangeAsync(MachineSettings.Modify(BoxMachines.NameOf(definition.Id), definition, version, info.Forwards), cancellation);
        await ShareAsync(definition, info, cancellation);
    }

    /// <summary>Writes the seed again: it may have changed since the last start.</summary>
    internal async Task SeedAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        if (definition.Seed is not { } seed) return;
        var path = $"{machines.FolderOf(definition.Id)}/seed.iso";
        Directory.CreateDirectory(options.Staging, OwnerOnly.Folder);
        var staged = Path.Combine(options.Staging, $"{definition.Id}-{Guid.NewGuid():n}.iso");
        try
        {
            await new SeedIso(_commands).WriteAsync(seed, staged, cancellation);
            await files.PutAsync(staged, path, cancellation);
        }
        finally
        {
            File.Delete(staged);
        }

        await PlugAsync(definition.Id, MachineSettings.SeedPort, "dvddrive", path, cancellation);
    }

    /// <summary>Grows the system disk to what the definition says.</summary>
    /// <exception cref="HypervisorException">Rejected when it would shrink.</exception>
    internal async Task GrowAsync(MachineDefinition definition, VmInfo info, CancellationToken cancellation)
    {
        if (definition.DiskGiB == 0 || info.Medium(MachineSettings.SystemPort) is not { } disk) return;
        var has = await MiBOfAsync(disk, cancellation);
        var wanted = definition.DiskGiB * 1024L;
        if (wanted <= has) return;
        if (info.CurrentSnapshot is not null)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"diskGiB: machine {definition.Id} has snapshots; its disk cannot grow before they are deleted");
        await box.ChangeAsync(["modifymedium", "disk", disk, "--resize", wanted.ToString(CultureInfo.InvariantCulture)], cancellation);
    }

    /// <summary>Refuses a definition whose disk is smaller than what there is.</summary>
    internal async Task InsistOnGrowthAsync(MachineDefinition definition, VmInfo info, CancellationToken cancellation)
    {
        if (info.Medium(MachineSettings.SystemPort) is not { } disk) return;
        var gib = (await MiBOfAsync(disk, cancellation)) / 1024;
        if (definition.DiskGiB < gib) throw new HypervisorException(HypervisorErrorKind.Rejected, $"diskGiB cannot shrink: the disk has {gib} GiB");
    }

    /// <summary>Takes away what there is of a machine that does not run.</summary>
    internal async Task RemoveAsync(string id, (VmInfo Info, bool Whole)? found)
    {
        if (found is var (info, _))
        {
            await box.ChangeAsync(["unregistervm", info.Uuid!, "--delete"], CancellationToken.None);
            machines.Forget(info);
            // Only disks go with their machine. A medium that another machine uses stays listed: that is refused.
            foreach (var medium in new[] { info.Medium(MachineSettings.MediumPort), info.Medium(MachineSettings.SeedPort) }.OfType<string>())
                await box.TryAsync(["closemedium", "dvd", medium], options.Timeout, CancellationToken.None);
        }

        if (!await files.ExistsAsync(machines.FolderOf(id))) return;
        if (found is not (_, true)) await ForgetMediaAsync(id);
        await files.RemoveFolderAsync(machines.FolderOf(id));
    }

    private async Task MakeAsync(MachineDefinition definition, (VmInfo, bool)? half, Func<Task> fill, CancellationToken cancellation)
    {
        var (name, folder) = (BoxMachines.NameOf(definition.Id), machines.FolderOf(definition.Id));
        // What a creation left that was broken off.
        await RemoveAsync(definition.Id, half);
        try
        {
            await files.MakeFolderAsync(folder, cancellation);
            await box.ChangeAsync(
                ["createvm", "--name", name, "--basefolder", machines.Root, "--ostype", MachineSettings.Option(definition, "guestType") ?? "Linux_64", "--register"], cancellation);
            await box.ChangeAsync(
                ["storagectl", name, "--name", MachineSettings.Controller, "--add", "sata", "--controller", "IntelAhci", "--portcount", MachineSettings.Text(MachineSettings.Ports(definition)), "--bootable", "on"],
                cancellation);
            await fill();
            await SeedAsync(definition, cancellation);
            await ApplyAsync(definition, VmInfo.Fresh, cancellation);
            await machines.SetMarkAsync(definition.Id, cancellation);
        }
        catch
        {
            await TryRemoveAsync(definition.Id);
            throw;
        }
    }

    private async Task TryRemoveAsync(string id)
    {
        try
        {
            await RemoveAsync(id, await machines.FindAnyAsync(id, CancellationToken.None));
        }
        catch (HypervisorException)
        {
            // The failure that led here is the one to tell; a deletion finds the rest.
        }
    }

    private async Task ConvertAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        var disk = DiskPath(definition.Id, "disk");
        var staged = disk;
        if (!files.Local)
        {
            Directory.CreateDirectory(options.Staging, OwnerOnly.Folder);
            staged = Path.Combine(options.Staging, $"{definition.Id}-{Guid.NewGuid():n}.vdi");
        }

        try
        {
            var info = JsonNode.Parse(await _commands.RequireAsync(new Command("qemu-img", "info", "-f", definition.Boot.Format, "--output=json", definition.Boot.Path), cancellation));
            await _commands.RequireAsync(
                new Command("qemu-img", "convert", "-p", "-f", definition.Boot.Format, "-O", "vdi", definition.Boot.Path, staged)
                {
                    Timeout = s_longestCopy,
                    OnOutputLine = line => Report(progress, line),
                }, cancellation);
            await files.PutAsync(staged, disk, cancellation);
            var wanted = definition.DiskGiB * 1024L;
            if ((long)info!["virtual-size"]! >> 20 < wanted)
                await box.ChangeAsync(["modifymedium", "disk", disk, "--resize", wanted.ToString(CultureInfo.InvariantCulture)], cancellation);
        }
        catch (JsonException e)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: qemu-img does not understand {definition.Boot.Path}", e);
        }
        finally
        {
            if (staged != disk) File.Delete(staged);
        }

        await PlugAsync(definition.Id, MachineSettings.SystemPort, "hdd", disk, cancellation);
    }

    /// <summary>"    (12.34/100%)".</summary>
    private static void Report(IProgress<double> progress, string line)
    {
        if (Percent().Match(line) is { Success: true } match) progress.Report(double.Parse(match.Groups["percent"].Value, CultureInfo.InvariantCulture) / 100 * 0.9);
    }

    private async Task PlugMediumAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        var path = definition.Boot.Path;
        if (!files.Local)
        {
            path = $"{machines.FolderOf(definition.Id)}/boot.iso";
            await files.PutAsync(definition.Boot.Path, path, cancellation);
        }

        await PlugAsync(definition.Id, MachineSettings.MediumPort, "dvddrive", path, cancellation);
    }

    private async Task PlugEmptyAsync(string id, string name, int port, int sizeGiB, CancellationToken cancellation)
    {
        var path = DiskPath(id, name);
        await box.ChangeAsync(["createmedium", "disk", "--filename", path, "--size", (sizeGiB * 1024L).ToString(CultureInfo.InvariantCulture), "--format", "VDI"], cancellation);
        await PlugAsync(id, port, "hdd", path, cancellation);
    }

    private Task PlugAsync(string id, int port, string type, string path, CancellationToken cancellation) => box.ChangeAsync(
        ["storageattach", BoxMachines.NameOf(id), "--storagectl", MachineSettings.Controller, "--port", MachineSettings.Text(port), "--device", "0", "--type", type, "--medium", path], cancellation);

    private async Task ShareAsync(MachineDefinition definition, VmInfo info, CancellationToken cancellation)
    {
        const string Name = "warren";
        var wanted = MachineSettings.Option(definition, "sharedFolder");
        var mapping = info.Values.FirstOrDefault(v => v.Key.StartsWith("SharedFolderNameMachineMapping", StringComparison.Ordinal) && v.Value == Name).Key;
        var has = mapping is null ? null : info.Text(mapping.Replace("Name", "Path", StringComparison.Ordinal));
        if (has == wanted) return;
        var machine = BoxMachines.NameOf(definition.Id);
        if (mapping is not null) await box.ChangeAsync(["sharedfolder", "remove", machine, "--name", Name], cancellation);
        if (wanted is not null) await box.ChangeAsync(["sharedfolder", "add", machine, "--name", Name, "--hostpath", wanted, "--automount"], cancellation);
    }

    /// <summary>Media of a machine that was never whole stay in VirtualBox's list; their files go with the folder.</summary>
    private async Task ForgetMediaAsync(string id)
    {
        foreach (var kind in new[] { "hdds", "dvds" })
        {
            var said = await box.AskAsync(["list", kind], $"list {kind}", CancellationToken.None);
            foreach (var line in said.Split('\n').Where(l => l.StartsWith("Location:", StringComparison.Ordinal)))
            {
                var path = line["Location:".Length..].Trim();
                if (path.StartsWith(machines.FolderOf(id) + "/", StringComparison.Ordinal))
                    await box.TryAsync(["closemedium", kind == "hdds" ? "disk" : "dvd", path], options.Timeout, CancellationToken.None);
            }
        }
    }

    private async Task<long> MiBOfAsync(string disk, CancellationToken cancellation)
    {
        var said = await box.AskAsync(["showmediuminfo", "disk", disk], "showmediuminfo", cancellation);
        return Capacity().Match(said) is { Success: true } match && long.TryParse(match.Groups["mib"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var mib)
            ? mib
            : throw new HypervisorException(HypervisorErrorKind.Rejected, $"VBoxManage does not say how large {disk} is");
    }

    private string DiskPath(string id, string name) => $"{machines.FolderOf(id)}/{name}.vdi";

    private static string DataName(int index) => string.Create(CultureInfo.InvariantCulture, $"data{index}");

    [GeneratedRegex(@"^Capacity:\s+(?<mib>[0-9]{1,15}) MBytes", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex Capacity();

    [GeneratedRegex(@"\((?<percent>[0-9]{1,3}\.[0-9]{1,4})/100%\)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Percent();
}
