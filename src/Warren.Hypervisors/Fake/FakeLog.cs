namespace Warren.Hypervisors.Fake;

/// <summary>An imitated machine's serial log; it is as it was when the machine is deleted.</summary>
internal sealed class FakeLog(FakeHypervisor host, string machineId, FakeMachine first) : KeptLog
{
    private FakeMachine _last = first;

    /// <inheritdoc/>
    public override string Id => "0";

    /// <inheritdoc/>
    public override long Start => Look().SerialForgotten;

    /// <inheritdoc/>
    public override long End => Look() is var machine ? machine.SerialForgotten + machine.SerialLog.Length : 0;

    /// <inheritdoc/>
    public override int Read(ref long at, Span<byte> into)
    {
        var machine = Look();
        at = Math.Clamp(at, machine.SerialForgotten, machine.SerialForgotten + machine.SerialLog.Length);
        var rest = machine.SerialLog.AsSpan((int)(at - machine.SerialForgotten));
        rest = rest[..Math.Min(rest.Length, into.Length)];
        rest.CopyTo(into);
        return rest.Length;
    }

    private FakeMachine Look() => _last = host.Do(state => state.Find(machineId)) ?? _last;
}
