namespace Warren.Hypervisors;

/// <summary>What every driver that can suspend machines insists on.</summary>
internal static class SuspendRules
{
    /// <summary>Refuses a machine whose disks would not be there, or not as they were, when it goes on.</summary>
    /// <exception cref="HypervisorException">Unsupported.</exception>
    internal static void Check(MachineDefinition definition)
    {
        if (definition.Ephemeral)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "an ephemeral machine cannot be suspended: its disks are kept nowhere");
        if (definition.DataDisks.Any(d => d.ExistingPath is not null)) throw AttachedDisk();
    }

    /// <summary>Why a machine with a disk that is not its own is refused.</summary>
    internal static HypervisorException AttachedDisk() => new(HypervisorErrorKind.Unsupported,
        "a machine with a disk that was attached as it is cannot be suspended: others could write to the disk before it goes on");

    /// <summary>Why something is not done to a suspended machine.</summary>
    internal static HypervisorException Refusal(string machineId, string verb) => new(HypervisorErrorKind.Rejected,
        $"machine {machineId} is suspended and cannot be {verb}: start it, or stop it and lose its memory");

    /// <summary>Insists that a suspended machine is started as what it was.</summary>
    /// <exception cref="HypervisorException">Rejected, with what differs.</exception>
    internal static void CheckFits(MachineDefinition then, MachineDefinition now)
    {
        if (DefinitionRules.Difference(then, now) is var (name, was, wanted))
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected,
                $"{name}: machine {now.Id} was suspended with {was} and cannot go on with {wanted}; stop it first, and its memory is lost");
        }
    }
}
