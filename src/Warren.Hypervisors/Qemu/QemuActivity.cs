namespace Warren.Hypervisors.Qemu;

/// <summary>
/// Signs of use from /proc: CPU time of the machine's process, and who is connected to its forwarded ports. QEMU's user-mode network
/// takes such connections in this host's own network, on the port that is forwarded.
/// </summary>
internal sealed class QemuActivity(string machinesFolder) : IActivity
{
    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, MachineActivity>> LookAsync(IReadOnlyCollection<string> machineIds, CancellationToken cancellation)
    {
        // Read once for all of them, and only when somebody has ports.
        var connections = new Lazy<IReadOnlyDictionary<int, int>>(() => TcpTable.Read().ByPort(TcpTable.OwnSockets));
        var seen = new Dictionary<string, MachineActivity>(StringComparer.Ordinal);
        foreach (var id in machineIds)
        {
            cancellation.ThrowIfCancellationRequested();
            var folder = new MachineFolder(machinesFolder, id);
            if (MachineProcess.Find(folder) is not { } pid || HostProcesses.CpuNanoseconds(pid) is not { } cpu) continue;
            var ports = PrivateFile.Read<MachineDefinition>(folder.Definition)?.Forwards.Where(f => f.Protocol == "tcp").Select(f => f.HostPort) ?? [];
            seen[id] = new MachineActivity(cpu, ports.Sum(port => connections.Value.GetValueOrDefault(port)));
        }

        return Task.FromResult<IReadOnlyDictionary<string, MachineActivity>>(seen);
    }
}
