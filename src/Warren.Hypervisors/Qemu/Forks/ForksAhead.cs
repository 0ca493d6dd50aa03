using Warren.Hypervisors.Qemu.Snapshots;

namespace Warren.Hypervisors.Qemu.Forks;

/// <summary>
/// QEMUs for forks, spawned while the machine that they will be forks of is still being frozen: beside the copying of its memory it
/// costs no time. They have the memory's file mapped before all of it is there, and read none of it before they are given the devices' state
/// (QEMU hw/core/loader.c, rom_reset: nothing is written to memory while a migration is awaited), which they are while the machine is let go
/// on. All of it is a convenience: a fork whose QEMU is not there, or not as it should be, is made as any other.
/// </summary>
internal sealed class ForksAhead(string machinesFolder, QemuLife life, QemuControl control, GuestAgent agent, TimeProvider clock)
{
    /// <summary>Makes what can be made now, but lets none of it run; the caller makes the forks of this image next.</summary>
    /// <param name="warm">The image, its memory's file and its overlays there, all else not yet.</param>
    /// <param name="record">What its record will be.</param>
    /// <param name="definitions">The forks.</param>
    /// <param name="isWhole">Comes when memory and state are there, or never will be.</param>
    /// <param name="cancellation">Ends it; whatever is there then is taken back by <see cref="ForgetAsync"/>.</param>
    internal Task MakeAsync(WarmFolder warm, WarmRecord record, IReadOnlyList<MachineDefinition> definitions, Task<bool> isWhole, CancellationToken cancellation) =>
        Task.WhenAll(definitions.Select(d => TryMakeAsync(warm, record, d, isWhole, cancellation)));

    /// <summary>Spawns the QEMU of a fork whose files are laid, to wait for the image's state.</summary>
    internal async Task ResumeAsync(WarmFolder warm, WarmRecord record, MachineFolder fork, MachineDefinition definition, CancellationToken cancellation)
    {
        // Its devices are its parent's: a seed too, or none.
        await life.ResumeAsync(definition with { Seed = record.Definition.Seed }, fork, record.Resumed, new GuestMemory(warm.Memory, Shared: false), cancellation);
        await agent.OpenAsync(fork, cancellation);
        await control.RunAsync(fork, QemuControl.Limit, cancellation, QemuForks.IgnoreShared(true));
    }

    /// <summary>Gives such a QEMU the image's state.</summary>
    internal Task LoadAsync(WarmFolder warm, MachineFolder fork, CancellationToken cancellation) => MemoryState.LoadAsync(fork, warm.State, control, clock, cancellation);

    /// <summary>Whether a fork's QEMU has this very image's state, and only has to run. It is asked once: who was told so has taken it.</summary>
    internal static bool Take(MachineFolder fork, WarmRecord record)
    {
        var isReady = PrivateFile.Read<Loaded>(fork.Ahead)?.Made == record.Made;
        File.Delete(fork.Ahead);
        return isReady;
    }

    /// <summary>Ends what was spawned for an image that was not made, as far as that can be done.</summary>
    internal async Task ForgetAsync(IReadOnlyList<MachineDefinition> definitions)
    {
        foreach (var fork in definitions.Select(d => new MachineFolder(machinesFolder, d.Id)).Where(f => File.Exists(f.Unfinished)))
        {
            using var held = MachineLock.Try(fork);
            if (held is not null && File.Exists(fork.Unfinished)) await LetGoAsync(fork);
        }
    }

    /// <summary>What stays is taken for half of a fork by who makes it, or deletes it.</summary>
    private async Task LetGoAsync(MachineFolder fork)
    {
        try
        {
            await life.KillAsync(fork, CancellationToken.None);
            fork.Remove();
        }
        catch (Exception e) when (e is HypervisorException or IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }

    private async Task TryMakeAsync(WarmFolder warm, WarmRecord record, MachineDefinition definition, Task<bool> isWhole, CancellationToken cancellation)
    {
        var fork = new MachineFolder(machinesFolder, definition.Id);
        // The parent's lock is held: to wait for another one here could be to wait for each other.
        using var held = MachineLock.Try(fork);
        if (held is null || Directory.Exists(fork.Path) || DefinitionRules.Difference(record.Definition, definition) is not null || definition.Ephemeral) return;
        try
        {
            DefinitionRules.Check(definition, QemuKind.Kind);
            fork.CheckSocketPaths();
            warm.LayTo(fork, record, definition);
            await ResumeAsync(warm, record, fork, definition, cancellation);
            if (!await isWhole.WaitAsync(cancellation))
            {
                await LetGoAsync(fork);
                return;
            }

            await LoadAsync(warm, fork, cancellation);
            PrivateFile.Write(fork.Ahead, new Loaded(record.Made), sync: false);
        }
        catch (Exception e) when (e is HypervisorException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            await LetGoAsync(fork);
        }
    }

    private sealed record Loaded(Guid Made);
}
