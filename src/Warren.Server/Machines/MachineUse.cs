namespace Warren.Server.Machines;

/// <summary>
/// Who uses machines through this process: consoles that are open, and calls into guests. Kept in memory: each replica sees its own, and
/// what it sees it writes to the rows.
/// </summary>
internal sealed class MachineUse
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);

    /// <summary>Somebody uses a machine from now on, until what is returned is disposed of.</summary>
    public IDisposable Begin(string machineId)
    {
        lock (_gate) _open[machineId] = _open.GetValueOrDefault(machineId) + 1;
        return new Use(this, machineId);
    }

    /// <summary>Machines that are in use now, or were since the last time: a use may be shorter than the time between two looks.</summary>
    public IReadOnlySet<string> Take()
    {
        lock (_gate)
        {
            var used = new HashSet<string>(_open.Keys.Concat(_ended), StringComparer.Ordinal);
            _ended.Clear();
            return used;
        }
    }

    private void End(string machineId)
    {
        lock (_gate)
        {
            if (--_open[machineId] == 0) _open.Remove(machineId);
            _ended.Add(machineId);
        }
    }

    private sealed class Use(MachineUse uses, string machineId) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0) uses.End(machineId);
        }
    }
}
