namespace Warren.Hypervisors.Fake;

/// <content>Every facet there is, and the strangers that some of them are about.</content>
public sealed partial class FakeHypervisor
{
    /// <inheritdoc/>
    public IScreen? Screen { get; }

    /// <inheritdoc/>
    public ISerial? Serial { get; }

    /// <inheritdoc/>
    public IClipboard? Clipboard { get; }

    /// <inheritdoc/>
    public IGuestPorts? Ports { get; }

    /// <inheritdoc/>
    public IGuest? Guest { get; }

    /// <inheritdoc/>
    public IPower? Power { get; }

    /// <inheritdoc/>
    public ISuspend? Suspend { get; }

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public IAddresses? Addresses { get; }

    /// <inheritdoc/>
    public IAutostart? Autostart { get; }

    /// <inheritdoc/>
    public ISnapshots? Snapshots { get; }

    /// <inheritdoc/>
    public IClones? Clones { get; }

    /// <inheritdoc/>
    public IForks? Forks { get; }

    /// <inheritdoc/>
    public IMigration? Migration { get; }

    /// <inheritdoc/>
    public INetworks? Networks { get; }

    /// <inheritdoc/>
    public IStorage? Storage { get; }

    /// <inheritdoc/>
    public IChanges? Changes { get; }

    /// <inheritdoc/>
    public IAdoption? Adoption { get; }

    /// <inheritdoc/>
    public IActivity? Activity { get; }

    /// <inheritdoc/>
    public IMemoryUse? MemoryUse => Memory;

    /// <summary>Lets the host go down and come up again: whatever ran is off, and nobody has started it since.</summary>
    public void RestartHost()
    {
        lock (s_lock)
        {
            foreach (var machine in _state.All().Where(m => m.Runs).ToList()) _state.Put(machine.Stopped() with { WentDownWithHost = true });
        }
    }

    /// <summary>Puts a machine on the host that is not ours, running, as its owner would have made it.</summary>
    /// <param name="nativeName">Its name there; any text.</param>
    /// <param name="definition">What it is made of; the id in it means nothing.</param>
    public void PutForeign(string nativeName, MachineDefinition definition)
    {
        lock (s_lock)
        {
            var machine = new FakeMachine { Definition = definition, NativeName = nativeName, Foreign = true };
            _state.Put(machine.Started(_clock.GetUtcNow(), definition, FakeState.NextProcess()));
        }
    }

    /// <summary>Removes a foreign machine, as its owner would.</summary>
    public void RemoveForeign(string nativeName)
    {
        lock (s_lock) _state.Store.Remove(FakeMachine.KeyOfForeign(nativeName));
    }
}
