namespace Warren.Hypervisors.Fake;

/// <content>Every facet there is, and the strangers that some of them are about.</content>
public sealed partial class FakeHypervisor
{
    /// <inheritdoc/>
    public IScreen? Screen { get; }

    /// <inheritdoc/>
    public ISerial? Serial { get; }

    /// <inheritdoc/>
    public IGuest? Guest { get; }

    /// <inheritdoc/>
    public IPower? Power { get; }

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
    public IMigration? Migration { get; }

    /// <inheritdoc/>
    public INetworks? Networks { get; }

    /// <inheritdoc/>
    public IStorage? Storage { get; }

    /// <inheritdoc/>
    public IChanges? Changes { get; }

    /// <inheritdoc/>
    public IAdoption? Adoption { get; }

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
