using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>The disks that are the machine's own, and so can be frozen.</summary>
internal static class OwnDisks
{
    /// <summary>Names of their files in the machine's folder.</summary>
    /// <exception cref="HypervisorException">Unsupported when not all disks are.</exception>
    internal static List<string> Of(MachineDefinition definition, MachineFolder folder)
    {
        if (definition.Ephemeral)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "the disks of an ephemeral machine are kept nowhere");
        if (definition.DataDisks.Any(d => d.ExistingPath is not null))
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "a disk that was attached as it is belongs to somebody else and cannot be frozen");
        return [.. Enumerable.Range(0, definition.DataDisks.Count).Select(folder.DataDisk).Prepend(folder.SystemDisk).Where(File.Exists).Select(f => Path.GetFileName(f))];
    }

    /// <summary>The definition that the machine was last created or started with.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    internal static MachineDefinition DefinitionOf(MachineFolder folder)
    {
        MachineRights.RefuseLinks(folder);
        return PrivateFile.Read<MachineDefinition>(folder.Definition)
            ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {folder.Id} on this host");
    }
}
