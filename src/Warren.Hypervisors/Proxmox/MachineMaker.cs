using System.Globalization;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;
using Warren.Hypervisors.Proxmox.Storage;

namespace Warren.Hypervisors.Proxmox;

/// <summary>
/// Makes machines: an empty one under its mark, then its disks, and last its name, so that one with its own name is whole.
/// What was broken off is gone on with: a task that still runs is joined. Nothing is left of a failure.
/// </summary>
internal sealed class MachineMaker(
    ProxmoxClient client, ProxmoxTasks tasks, MachineFinder finder, Nodes nodes, NewNumbers numbers, ImageUploads uploads, MachineEnd end, ProxmoxOptions options)
{
    /// <summary>Makes or completes it, from its image or from a template.</summary>
    internal async Task MakeAsync(MachineDefinition definition, ProxmoxMachine? source, bool linked, IProgress<double> progress, CancellationToken cancellation)
    {
        var begun = await finder.FindAsync(definition.Id, cancellation);
        if (begun is { Building: false }) return;
        if (source is null && !File.Exists(definition.Boot.Path))
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: the file {definition.Boot.Path} does not exist");
        var node = begun?.Node ?? source?.Node ?? Fields.Text(await nodes.ChooseAsync(cancellation), "node")!;
        var vmid = begun?.Vmid ?? 0;
        try
        {
            if (source is null)
            {
                var medium = await uploads.BringAsync(node, definition.Boot, new Part(progress, 0, 0.4), cancellation);
                if (begun is null) vmid = await MakeEmptyAsync(node, definition, cancellation);
                await FillAsync(At(node, vmid, definition.Id), definition, medium, new Part(progress, 0.4, 0.95), cancellation);
            }
            else
            {
                if (begun is null) vmid = await CopyAsync(source, definition, linked, new Part(progress, 0, 0.95), cancellation);
                else await JoinCopyAsync(source, begun, cancellation);
            }

            await FinishAsync(At(node, vmid, definition.Id), definition, source is not null, cancellation);
        }
        catch
        {
            await UndoAsync(node, definition);
            throw;
        }
    }

    private async Task<int> MakeEmptyAsync(string node, MachineDefinition definition, CancellationToken cancellation)
    {
        var major = ServerVersion.Major(await client.GetAsync("/version", cancellation));
        return await numbers.TakeAsync(async v => await tasks.WaitAsync(ProxmoxTasks.Require(await client.ChangeAsync(HttpMethod.Post, Form.Path("nodes", node, "qemu"),
            MachineParameters.Hardware(definition, options, major).With("vmid", v).With("name", MachineMarks.BuildingName(definition.Id, v))
                .With("tags", MachineMarks.Tag(definition.Id, v)).With("pool", options.Pool), cancellation)), null, cancellation), cancellation);
    }

    private async Task FillAsync(ProxmoxMachine machine, MachineDefinition definition, string medium, IProgress<double> progress, CancellationToken cancellation)
    {
        if (await tasks.FindAsync(machine.Node, machine.Vmid, ["qmconfig"], cancellation) is { } running) await tasks.WaitAsync(running, progress, cancellation);
        var first = definition.Boot.Format == "iso" && definition.DiskGiB == 0 ? MachineParameters.MediumSlot : MachineParameters.SystemSlot;
        if ((await finder.ConfigAsync(machine, cancellation)).Text(first) is not null) return;
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmconfig"],
            () => client.ChangeAsync(HttpMethod.Post, machine.Path("config"), MachineParameters.Disks(definition, options, medium), cancellation), progress, cancellation);
    }

    private Task<int> CopyAsync(ProxmoxMachine source, MachineDefinition definition, bool linked, IProgress<double> progress, CancellationToken cancellation) =>
        numbers.TakeAsync(async v => await tasks.WaitAsync(ProxmoxTasks.Require(await client.ChangeAsync(HttpMethod.Post, source.Path("clone"),
            new Form().With("newid", v).With("name", MachineMarks.BuildingName(definition.Id, v)).With("full", !linked).With("pool", options.Pool), cancellation)), progress, cancellation), cancellation);

    /// <summary>After a restart: the copy's task stands at its source, and tells not which copy it makes; the copy's lock tells when it is done.</summary>
    private async Task JoinCopyAsync(ProxmoxMachine source, ProxmoxMachine copy, CancellationToken cancellation)
    {
        if (await tasks.FindAsync(source.Node, source.Vmid, ["qmclone"], cancellation) is { } running) await tasks.WaitAsync(running, null, cancellation);
        if ((await finder.ConfigAsync(copy, cancellation)).Text("lock") is { } held)
            throw new HypervisorException(HypervisorErrorKind.Busy, $"machine {copy.Vmid} is locked ({held})");
    }

    /// <summary>Size, seed, and last the name.</summary>
    private async Task FinishAsync(ProxmoxMachine machine, MachineDefinition definition, bool copied, CancellationToken cancellation)
    {
        var config = await finder.ConfigAsync(machine, cancellation);
        await GrowAsync(machine, config, definition, cancellation);
        var form = MachineParameters.Resources(new Form(), definition).With("tags", MachineMarks.Join(config.Tags, definition.Id, machine.Vmid)).With("name", definition.Name);
        if (copied)
        {
            form.With("net0", MachineParameters.Card(definition, options)).With("onboot", false).With("agent", "enabled=1");
            if (definition.Options.ContainsKey("template")) MachineParameters.AddDataDisks(form, definition, options);
            MachineParameters.CloudInit(form, definition, options);
        }

        if (definition.Seed is { } seed) form.With(MachineParameters.SeedSlot, $"file={await uploads.BringSeedAsync(machine.Node, definition.Id, seed, cancellation)},media=cdrom");
        else if (copied && config.Text(MachineParameters.SeedSlot) is not null) form.With("delete", MachineParameters.SeedSlot);
        await tasks.RunAsync(machine.Node, machine.Vmid, ["qmconfig"], () => client.ChangeAsync(HttpMethod.Post, machine.Path("config"), form, cancellation), null, cancellation);
    }

    /// <summary>Grows the system disk to what is wanted.</summary>
    /// <exception cref="HypervisorException">Nothing shrinks here; whoever asks for less is told elsewhere.</exception>
    internal async Task GrowAsync(ProxmoxMachine machine, MachineConfig config, MachineDefinition definition, CancellationToken cancellation)
    {
        if (config.FirstDisk is not { } disk || config.FirstDiskBytes is not { } bytes || bytes >= definition.DiskGiB * (1L << 30)) return;
        await tasks.RunAsync(machine.Node, machine.Vmid, ["resize"], () => client.ChangeAsync(HttpMethod.Put, machine.Path("resize"),
            new Form().With("disk", disk).With("size", string.Create(CultureInfo.InvariantCulture, $"{definition.DiskGiB}G")), cancellation), null, cancellation);
    }

    /// <summary>Only what carries our mark: its number may have become another's. It was not whole when this began; it may be by now.</summary>
    private async Task UndoAsync(string node, MachineDefinition definition)
    {
        try
        {
            if (await finder.FindAsync(definition.Id, CancellationToken.None) is { } half) await end.RemoveAsync(half, CancellationToken.None);
            if (definition.Seed is not null) await uploads.RemoveSeedAsync(node, definition.Id, CancellationToken.None);
        }
        catch (HypervisorException)
        {
            // The failure that led here is the one to tell; a deletion finds the rest by its mark.
        }
    }

    private static ProxmoxMachine At(string node, int vmid, string id) => new(vmid, node, MachineMarks.BuildingName(id, vmid), id, false, null);

    /// <summary>A part of a whole progress.</summary>
    private sealed class Part(IProgress<double> whole, double from, double to) : IProgress<double>
    {
        public void Report(double value) => whole.Report(from + (value * (to - from)));
    }
}
