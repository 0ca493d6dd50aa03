using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Web;

namespace Warren.Bench.Screens;

/// <summary>An imitated host whose screens are unix sockets, one a machine, as QEMU's are: the server has its real way to them.</summary>
internal sealed class SocketScreens(IHypervisor host, string folder) : IHypervisor, IScreen
{
    public string Kind => host.Kind;

    public IScreen Screen => this;

    /// <summary>The socket of a machine's screen.</summary>
    public static string PathOf(string folder, string machineId) => Path.Combine(folder, machineId);

    /// <summary>The real server, in this process, with such a host.</summary>
    public static async Task ServeAsync(string folder, string[] args)
    {
        var kind = FakeKind.Kind with { Connect = connection => new SocketScreens(FakeKind.Kind.Connect(connection), folder) };
        await using var app = Warren.Server.Program.Build(args, builder => builder.Services.Replace(ServiceDescriptor.Singleton<IReadOnlyList<HypervisorKind>>([kind])));
        await Console.Out.WriteLineAsync(await app.StartWarrenAsync());
        await app.WaitForShutdownAsync();
    }

    public async Task<Stream> OpenRfbAsync(string machineId, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(PathOf(folder, machineId)), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => host.ProbeAsync(cancellation);

    public Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation) => host.CreateAsync(definition, progress, cancellation);

    public Task StartAsync(MachineDefinition definition, CancellationToken cancellation) => host.StartAsync(definition, cancellation);

    public Task StopAsync(string machineId, CancellationToken cancellation) => host.StopAsync(machineId, cancellation);

    public Task KillAsync(string machineId, CancellationToken cancellation) => host.KillAsync(machineId, cancellation);

    public Task DeleteAsync(string machineId, CancellationToken cancellation) => host.DeleteAsync(machineId, cancellation);

    public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation) => host.ObserveAsync(machineId, cancellation);

    public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation) => host.ListAsync(cancellation);
}
