using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;

namespace Warren.Server.Tests.Hosts;

/// <summary>A kind of hypervisor for tests: the imitation, with secrets to keep and every facet that a host can have.</summary>
internal static class Rig
{
    public static HypervisorKind Kind { get; } = new()
    {
        Name = "rig",
        Title = "Test rig",
        Summary = "For tests.",
        Settings =
        [
            new("address", "Where it is.") { Required = true },
            new("password", "What it asks for.") { Secret = true },
            new("cpus", "Processors.") { Default = "16" },
            new("memoryMiB", "Memory.") { Default = "65536" },
        ],
        MachineOptions = [new("colour", "What it looks like.")],
        NamedNetworks = true,
        Connect = connection => new RigDriver(connection),
    };

    /// <summary>A kind whose hosts cannot be added, and that boots containers only.</summary>
    public static HypervisorKind Box { get; } = FakeKind.Kind with { Name = "box", Title = "Box", BootFormats = ["container"], NamedNetworks = false };

    public static void Add(IServiceCollection services)
        => services.Replace(ServiceDescriptor.Singleton<IReadOnlyList<HypervisorKind>>([.. HypervisorRegistration.Kinds, Kind, Box]));
}

/// <summary>The driver of a test rig. What a host has lies with its folder, as with a real one.</summary>
internal sealed class RigDriver(HostConnection connection)
    : IHypervisor, IAsyncDisposable, INetworks, IStorage, IAdoption, IMigration, IClones, IAddresses, IAutostart, IChanges, ISerial, IInstallation
{
    private static readonly ConcurrentDictionary<string, Place> s_places = new(StringComparer.Ordinal);
    private readonly Place _place = s_places.GetOrAdd(connection.Folder, _ => new Place());

    public FakeHypervisor Imitation { get; } = (FakeHypervisor)FakeKind.Kind.Connect(connection with { Settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["cpus"] = connection.Number("cpus", 16, 1, 64).ToString(),
        ["memoryMiB"] = connection.Number("memoryMiB", 65536, 1, 1 << 20).ToString(),
    } });

    public HostConnection Connection => connection;
    public bool Disposed { get; private set; }
    public string Kind => "rig";
    public IGuest? Guest => Imitation.Guest;
    public IPower? Power => Imitation.Power;
    public ISuspend? Suspend => Imitation.Suspend;
    public INetworks? Networks => this;
    public IStorage? Storage => this;
    public IAdoption? Adoption => this;
    public IMigration? Migration => this;
    public IClones? Clones => this;
    public IAddresses? Addresses => this;
    public IAutostart? Autostart => this;
    public IChanges? Changes => this;
    public ISerial? Serial => this;
    public IInstallation? Installation => this;

    /// <summary>Machines that are not ours.</summary>
    public ConcurrentDictionary<string, ObservedPower> Foreign => _place.Foreign;

    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => Imitation.ProbeAsync(cancellation);
    public Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation) => Imitation.CreateAsync(definition with { Options = NoOptions, Network = null }, progress, cancellation);
    public Task StartAsync(MachineDefinition definition, CancellationToken cancellation) => Imitation.StartAsync(
        // An adopted machine has no image; a driver starts it from what it has.
        definition with { Options = NoOptions, Network = null, Boot = File.Exists(definition.Boot.Path) ? definition.Boot : Adopted }, cancellation);
    public Task StopAsync(string machineId, CancellationToken cancellation) => Imitation.StopAsync(machineId, cancellation);
    public Task DeleteAsync(string machineId, CancellationToken cancellation) => Imitation.DeleteAsync(machineId, cancellation);
    public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation) => Imitation.ObserveAsync(machineId, cancellation);

    public async Task KillAsync(string machineId, CancellationToken cancellation)
    {
        await Imitation.KillAsync(machineId, cancellation);
        _place.End(machineId);
        await _place.News.Writer.WriteAsync(machineId, cancellation);
    }

    public async Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
        => [.. await Imitation.ListAsync(cancellation), .. Foreign.Select(f => new FoundMachine(f.Key, null, f.Value))];

    Task<IReadOnlyList<HostNetwork>> INetworks.ListAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<HostNetwork>>([.. _place.Networks.Values]);

    public Task CreateAsync(HostNetwork network, CancellationToken cancellation)
    {
        _place.Networks[network.Name] = network with { Active = true, Ours = true };
        return Task.CompletedTask;
    }

    Task INetworks.DeleteAsync(string name, CancellationToken cancellation)
        => _place.Networks.TryRemove(name, out _) ? Task.CompletedTask : throw new HypervisorException(HypervisorErrorKind.Rejected, $"network {name} is not ours");

    Task<IReadOnlyList<StoragePool>> IStorage.ListAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<StoragePool>>([.. _place.Pools.Values]);

    public Task CreateAsync(string name, string path, CancellationToken cancellation)
    {
        _place.Pools[name] = new StoragePool(name, "dir", path, 1 << 30, 1 << 29, true, true);
        return Task.CompletedTask;
    }

    Task IStorage.DeleteAsync(string name, CancellationToken cancellation)
    {
        _place.Pools.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    public async Task<AdoptedMachine> AdoptAsync(string nativeName, string machineId, CancellationToken cancellation)
    {
        if ((await Imitation.ObserveAsync(machineId, cancellation)).Power is not ObservedPower.Missing and var known)
            return new AdoptedMachine(768, 3, 7, "52:54:00:00:00:07", known);
        if (!Foreign.TryGetValue(nativeName, out var power)) throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {nativeName}");
        var definition = new MachineDefinition { Id = machineId, Name = "adopted", MemoryMiB = 768, Cpus = 3, DiskGiB = 7, MacAddress = "52:54:00:00:00:07", Boot = Adopted };
        await Imitation.CreateAsync(definition, new Progress<double>(), cancellation);
        if (power == ObservedPower.On) await Imitation.StartAsync(definition, cancellation);
        Foreign.TryRemove(nativeName, out _);
        return new AdoptedMachine(768, 3, 7, definition.MacAddress, power);
    }

    /// <summary>What the next migration does instead of ending: after the machine has moved, or before.</summary>
    public static (bool Moved, HypervisorErrorKind Kind)? FailMigration { get; set; }

    public async Task MigrateAsync(MachineDefinition definition, IHypervisor destination, IProgress<double> progress, CancellationToken cancellation)
    {
        var fail = FailMigration;
        FailMigration = null;
        if (fail is { Moved: false } before) throw new HypervisorException(before.Kind, "planned: it stays");
        // As real drivers do: the other end must be one of its own kind, and not a stranger's proxy.
        var there = destination as RigDriver ?? throw new HypervisorException(HypervisorErrorKind.Unsupported, "the destination is of another kind");
        await there.CreateAsync(definition, progress, cancellation);
        await there.StartAsync(definition, cancellation);
        await Imitation.KillAsync(definition.Id, cancellation);
        await Imitation.DeleteAsync(definition.Id, cancellation);
        _place.End(definition.Id);
        if (fail is { } after) throw new HypervisorException(after.Kind, "planned: it has moved, and nobody was told");
    }

    public async Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        if ((await Imitation.ObserveAsync(sourceId, cancellation)).Power != ObservedPower.Off) throw new HypervisorException(HypervisorErrorKind.Rejected, "the source runs");
        await CreateAsync(definition, progress, cancellation);
    }

    public async Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation)
        => (await Imitation.ObserveAsync(machineId, cancellation)).Power == ObservedPower.On ? ["192.0.2.7"] : [];

    public Task<bool> GetAsync(string machineId, CancellationToken cancellation) => Task.FromResult(_place.Autostart.ContainsKey(machineId));

    public Task SetAsync(string machineId, bool on, CancellationToken cancellation)
    {
        if (on) _place.Autostart[machineId] = true;
        else _place.Autostart.TryRemove(machineId, out _);
        return Task.CompletedTask;
    }

    /// <summary>How far every guest's installation is.</summary>
    public InstallationProgress Progress
    {
        get => _place.Progress;
        set => _place.Progress = value;
    }

    public Task<InstallationProgress> LookAsync(string machineId, CancellationToken cancellation) => Task.FromResult(_place.Progress);

    public async IAsyncEnumerable<string> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var id in _place.News.Reader.ReadAllAsync(cancellation)) yield return id;
    }

    /// <summary>A line that says who it is and then echoes; it ends when the machine leaves the host or goes off.</summary>
    public async Task<Stream> OpenAsync(string machineId, CancellationToken cancellation)
    {
        if ((await Imitation.ObserveAsync(machineId, cancellation)).Power != ObservedPower.On) throw new HypervisorException(HypervisorErrorKind.NotFound, "it does not run");
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"line of {connection.Host}\n"), cancellation);
        _place.Lines.GetOrAdd(machineId, _ => []).Enqueue(pipe);
        return new Line(pipe);
    }

    public Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation) => Task.FromResult<Stream>(new MemoryStream());

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }

    private static BootMedium Adopted { get; } = new(typeof(Rig).Assembly.Location, "raw");

    private static Dictionary<string, string> NoOptions => new(StringComparer.Ordinal);

    private sealed class Place
    {
        public ConcurrentDictionary<string, ObservedPower> Foreign { get; } = new(StringComparer.Ordinal);
        public ConcurrentDictionary<string, HostNetwork> Networks { get; } = new(StringComparer.Ordinal);
        public ConcurrentDictionary<string, StoragePool> Pools { get; } = new(StringComparer.Ordinal);
        public ConcurrentDictionary<string, bool> Autostart { get; } = new(StringComparer.Ordinal);
        public ConcurrentDictionary<string, ConcurrentQueue<Pipe>> Lines { get; } = new(StringComparer.Ordinal);
        public InstallationProgress Progress { get; set; } = new(null, false, null);
        public Channel<string> News { get; } = Channel.CreateUnbounded<string>();

        public void End(string machineId)
        {
            if (!Lines.TryRemove(machineId, out var lines)) return;
            foreach (var line in lines) line.Writer.Complete();
        }
    }

    private sealed class Line(Pipe pipe) : Stream
    {
        private readonly Stream _in = pipe.Reader.AsStream();
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _in.ReadAsync(buffer, cancellationToken);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                await pipe.Writer.WriteAsync(buffer, cancellationToken);
            }
            catch (InvalidOperationException e)
            {
                throw new IOException("the line has ended", e);
            }
        }
    }
}
