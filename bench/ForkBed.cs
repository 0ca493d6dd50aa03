using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Hypervisors.Commands;

namespace Warren.Bench;

/// <summary>A server with one booted machine, <c>parent</c>, and a warm golden image of it, <c>warm</c>.</summary>
internal sealed class ForkBed : IAsyncDisposable
{
    private readonly Scratch _scratch;

    private ForkBed(Scratch scratch, ServerUnderTest server) => (_scratch, Server) = (scratch, server);

    public ServerUnderTest Server { get; }

    public Machine Parent { get; private set; } = null!;

    /// <summary>From POST until the agent of a machine that boots answers, and until cloud-init was done: once, in milliseconds.</summary>
    public (double Agent, double Done) ColdBoot { get; private set; }

    /// <summary>MiB that the booted machine's process has before anything is forked: nothing of it is shared.</summary>
    public double BootedMiB { get; private set; }

    /// <summary>The same resume by hand.</summary>
    public BareResume Bare { get; private set; } = null!;

    public static async Task<ForkBed> StartAsync(RecipeImage image)
    {
        var scratch = new Scratch();
        var server = await ServerUnderTest.StartAsync(Path.Combine(scratch.Path, "d"), null, "Qemu:Accelerator=tcg", $"Images:AllowedFolders:0={scratch.Path}");
        var bed = new ForkBed(scratch, server);
        await image.ImportAsync(server, scratch.Path);
        using (var probed = await server.Client.PostAsync("hosts/local/probe", null)) probed.EnsureSuccessStatusCode();
        await bed.BootAsync(new LaunchRequest { Name = "parent", Image = image.Name, MemoryMiB = image.MemoryMiB, Cpus = 1, DiskGiB = 5 });
        await server.SucceedAsync(await server.PostAsync("golden-images", new CreateGoldenImageRequest { Name = "warm", Machine = "parent", Kind = GoldenImageKind.Warm }));
        var golden = (await server.Client.GetFromJsonAsync<GoldenImage>("golden-images/warm", WarrenJson.Options))!;
        var model = await server.PostAsync("machines", new LaunchRequest { GoldenImage = "warm" });
        await server.SucceedAsync(model);
        bed.Bare = await BareResume.LearnAsync(server, scratch.Path, model.SubjectId, golden.Id);
        await bed.DeleteAsync(model.SubjectId);
        return bed;
    }

    /// <summary>Copies the booted machine's memory to a file, as whoever forks it by hand must; the copy goes.</summary>
    public async Task CopyMemoryAsync()
    {
        var pid = await ProcessAsync(Parent.Id);
        var memory = Directory.EnumerateFiles($"/proc/{pid}/fd").First(f => new FileInfo(f).LinkTarget?.StartsWith("/memfd:", StringComparison.Ordinal) == true);
        var copy = Path.Combine(_scratch.Path, "copy");
        await new CommandRunner().RequireAsync(new Command("cp", ["--sparse=always", memory, copy]));
        File.Delete(copy);
    }

    /// <summary>Asks the guest's agent of a machine, through the API, until it answers.</summary>
    public async Task AgentAsync(string machine)
    {
        while (!(await Server.Client.GetFromJsonAsync<AgentAnswer>($"machines/{machine}/agent", WarrenJson.Options))!.Answers)
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
    }

    /// <summary>Waits until a machine with a name is known, and gives its identifier.</summary>
    public async Task<string> KnownAsync(string name)
    {
        while (true)
        {
            using var answer = await Server.Client.GetAsync($"machines/{name}");
            if (answer.IsSuccessStatusCode) return (await answer.Content.ReadFromJsonAsync<Machine>(WarrenJson.Options))!.Id;
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    public async Task DeleteAsync(string machine) => await Server.SucceedAsync(await Server.DeleteAsync($"machines/{machine}"));

    /// <summary>
    /// MiB of a machine's process (proc(5), smaps_rollup): pages of its own, which are those without a file and those of the memory that a
    /// booted guest was given; and in all with its share of what it shares.
    /// </summary>
    public async Task<(double Private, double Pss)> MemoryAsync(string machine)
    {
        var sizes = File.ReadLines($"/proc/{await ProcessAsync(machine)}/smaps_rollup").Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(w => w[0], w => double.Parse(w[1], CultureInfo.InvariantCulture) / 1024, StringComparer.Ordinal);
        return (sizes["Pss_Anon:"] + sizes["Pss_Shmem:"], sizes["Pss:"]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in (await Server.Client.GetFromJsonAsync<Page<Machine>>("machines?limit=200", WarrenJson.Options))!.Items) await DeleteAsync(machine.Id);
        await Server.DisposeAsync();
        _scratch.Dispose();
    }

    private async Task BootAsync(LaunchRequest request)
    {
        var posted = Stopwatch.GetTimestamp();
        var operation = await Server.PostAsync("machines", request);
        await Server.SucceedAsync(operation);
        await AgentAsync(operation.SubjectId);
        var agent = Stopwatch.GetElapsedTime(posted).TotalMilliseconds;
        while ((await Server.Client.GetFromJsonAsync<Machine>("machines/parent", WarrenJson.Options))!.Readiness.CloudInit is not CloudInitStatus.Done)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        ColdBoot = (agent, Stopwatch.GetElapsedTime(posted).TotalMilliseconds);
        Parent = (await Server.Client.GetFromJsonAsync<Machine>("machines/parent", WarrenJson.Options))!;
        BootedMiB = (await MemoryAsync(Parent.Id)).Pss;
    }

    /// <summary>Its QEMU, as soon as it has been looked at.</summary>
    private async Task<int> ProcessAsync(string machine)
    {
        while (true)
        {
            if ((await Server.Client.GetFromJsonAsync<Machine>($"machines/{machine}", WarrenJson.Options))!.ProcessId is { } pid) return pid;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }
}
