namespace Warren.Hypervisors.Fake;

/// <summary>
/// What listens in every imitated guest: echo on 7, discard on 9 and the alphabet without end on 19 (RFC 862 to 864), and on 22 an SSH
/// server that greets and hears nothing. Nobody listens on other ports.
/// </summary>
internal sealed class FakePorts(FakeHypervisor host) : IGuestPorts
{
    private const int Chunk = 16 * 1024;

    /// <inheritdoc/>
    public async Task<GuestConnection> OpenAsync(string machineId, int port, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        GuestSockets.CheckPort(port);
        var asked = new GuestPort(machineId, port);
        var machine = await host.RunAsync("OpenPort", machineId, state => state.RequireRunning(machineId), cancellation);
        if (machine.Power == ObservedPower.Paused) throw asked.Silent(null);
        var line = FakeConsole.Open(host, machine, port switch
        {
            7 => EchoAsync,
            9 => DiscardAsync,
            19 => WriteAsync,
            22 => GreetAsync,
            _ => throw asked.Closed(null),
        });
        return new GuestConnection(line, line.EndWriting);
    }

    private static Task EchoAsync(Stream line, CancellationToken ended) => line.CopyToAsync(line, Chunk, ended);

    private static Task DiscardAsync(Stream line, CancellationToken ended) => line.CopyToAsync(Stream.Null, Chunk, ended);

    private static async Task GreetAsync(Stream line, CancellationToken ended)
    {
        await line.WriteAsync("SSH-2.0-Imitation\r\n"u8.ToArray(), ended);
        await DiscardAsync(line, ended);
    }

    private static async Task WriteAsync(Stream line, CancellationToken ended)
    {
        var alphabet = new byte[Chunk];
        for (var i = 0; i < Chunk; i++) alphabet[i] = (byte)('a' + (i % 26));
        while (true) await line.WriteAsync(alphabet, ended);
    }
}
