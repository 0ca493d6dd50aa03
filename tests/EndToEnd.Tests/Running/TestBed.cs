using System.Text.Json;
using EndToEnd.Tests.Guests;
using Warren.Contracts;

namespace EndToEnd.Tests.Running;

/// <summary>One data folder with its server, command line and traces; the server may be killed and started again.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    private readonly DataFolder _folder = new();
    private string _recipes = "";
    private ServerProcess? _server;

    private TestBed()
    {
        Warren = new WarrenCommand(_folder.Path);
        Traces = new Traces(_folder.Path);
    }

    public string Data => _folder.Path;

    public WarrenCommand Warren { get; }

    public Traces Traces { get; }

    public ServerProcess Server => _server ?? throw new InvalidOperationException("no server was started");

    public WarrenClient Client => Server.Client;

    /// <summary>Which daemons its servers see; null: the machine's.</summary>
    public Sight? Sight { get; init; }

    /// <summary>A test bed whose servers know the recipe <c>tiny</c>; none is started yet.</summary>
    public static async Task<TestBed> CreateAsync(bool debian = false, Sight? sight = null)
    {
        var bed = new TestBed { Sight = sight };
        try
        {
            var tiny = await BuiltImages.TinyAsync();
            bed._recipes = debian
                ? PreparedRecipes.In(bed.Data, ("tiny", tiny), ("debian-12", await BuiltImages.DebianAsync()))
                : PreparedRecipes.In(bed.Data, ("tiny", tiny));
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts the data folder, or a folder in it, on a small disk of its own, before anything is there.</summary>
    public async Task<SmallDisk> OnSmallDiskAsync(int mebibytes, string? folder = null)
    {
        var disk = _folder.Disk = await SmallDisk.MountAsync(folder is null ? Data : Path.Combine(Data, folder), mebibytes, folder is null ? "filler" : ".locks/filler");
        if (folder is null) _recipes = PreparedRecipes.In(Data, ("tiny", await BuiltImages.TinyAsync()));
        return disk;
    }

    /// <summary>Starts a server on the data folder; an earlier one must be gone.</summary>
    public async Task StartAsync(params string[] settings)
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = null;
        _server = await ServerProcess.StartAsync(Data, Sight, [_recipes, .. settings]);
    }

    /// <summary>Runs a server on the data folder until it dies of what it was told to die of; an earlier one must be gone.</summary>
    public async Task RunToDeathAsync(params string[] settings)
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = null;
        await ServerProcess.RunToDeathAsync(Data, [_recipes, .. settings]);
    }

    /// <summary>Has the tiny image in the store, so that what follows is about machines.</summary>
    public Task StoreTinyAsync() => Warren.RunAsync("images", "build", "tiny");

    /// <summary>A machine as <c>warren info --format json</c> tells it.</summary>
    public async Task<Machine> InfoAsync(string name) =>
        JsonSerializer.Deserialize<Machine>(await Warren.RunAsync("info", name, "--format", "json"), WarrenJson.Options)!;

    /// <summary>Standard output of a command that was run in the guest by <c>warren ssh</c>.</summary>
    public async Task<string> SshAsync(string name, params string[] command) => (await Warren.RunAsync(["ssh", name, "--", .. command])).TrimEnd('\n');

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }
}
