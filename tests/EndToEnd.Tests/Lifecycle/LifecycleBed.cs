using System.Globalization;
using EndToEnd.Tests.Running;
using Warren.Contracts;

namespace EndToEnd.Tests.Lifecycle;

/// <summary>One server for all tests of a machine's life; each test has machines of its own.</summary>
public sealed class LifecycleBed : IAsyncLifetime
{
    /// <summary>Lives a minute, the least there is; launched first, so that its test need not wait for all of it.</summary>
    public const string ShortLived = "brief";

    private TestBed? _bed;

    internal TestBed Bed => _bed ?? throw new InvalidOperationException("not initialised");

    /// <summary>Disks in here may be attached to machines.</summary>
    internal string DiskFolder => Directory.CreateDirectory(Path.Combine(Bed.Data, "disks")).FullName;

    public async ValueTask InitializeAsync()
    {
        _bed = await TestBed.CreateAsync();
        await _bed.StartAsync($"--Machines:DiskFolders:0={DiskFolder}", "--Images:MinimumIsoBytes=1000000");
        await _bed.StoreTinyAsync();
        await LaunchAsync(ShortLived, "--ttl", "1m");
    }

    public async ValueTask DisposeAsync()
    {
        if (_bed is not null) await _bed.DisposeAsync();
    }

    /// <summary>Launches a small tiny machine by the command line.</summary>
    internal Task<string> LaunchAsync(string name, params string[] options) =>
        Bed.Warren.RunAsync(["launch", "tiny", "--name", name, "--cpus", "1", "--memory", "128", .. options]);

    /// <summary>Stops it, starts it again and waits for its SSH server.</summary>
    internal async Task StopAndStartAsync(string name)
    {
        await Bed.Warren.RunAsync("stop", name);
        await Bed.Warren.RunAsync("start", name);
        await Bed.Warren.RunAsync("wait", name, "--for", "ssh");
    }

    /// <summary>Makes a key pair and tries to log in with it and no other.</summary>
    internal async Task<string> LogInWithAsync(string name, string key)
    {
        var result = await Bed.Warren.PlainSshAsync((await Bed.InfoAsync(name)).Ssh!, key, "hostname");
        return result.ExitCode == 0 ? result.Output.Trim() : string.Create(CultureInfo.InvariantCulture, $"refused ({result.ExitCode}): {result.Error.Trim()}");
    }

    internal async Task ShouldBecomeAsync(string name, MachineState state, int seconds = 60) => await Eventually.TrueAsync(
        $"{name} is {state}", async () => (await Bed.Client.GetMachineAsync(name)).State == state, seconds);
}

[CollectionDefinition(Name)]
public sealed class LifecycleCollection : ICollectionFixture<LifecycleBed>
{
    public const string Name = "lifecycle";
}
