using Warren.Hypervisors.Fake;

namespace Hypervisors.Tests.Fake;

/// <summary>The imitation's ports lead nowhere; that somebody is connected is told to it.</summary>
internal sealed class ImitatedConnection : IAsyncDisposable
{
    private readonly FakeHypervisor _host;
    private readonly string _machine;

    internal ImitatedConnection(FakeHypervisor host, string machine)
    {
        (_host, _machine) = (host, machine);
        host.Uses.Connect(machine, 1);
    }

    public ValueTask DisposeAsync()
    {
        _host.Uses.Connect(_machine, 0);
        return ValueTask.CompletedTask;
    }
}
