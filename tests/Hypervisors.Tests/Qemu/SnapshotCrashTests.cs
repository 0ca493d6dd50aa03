using MachineHost;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;
using Warren.Soak.Tests;

namespace Hypervisors.Tests.Qemu;

/// <summary>
/// A process that is killed in the middle of a call leaves the content of before or of after. The next driver may go on with
/// something else, or make the call again, which ends it. In full with WARREN_SOAK=full.
/// </summary>
public sealed class SnapshotCrashTests : IDisposable
{
    private static readonly string[] s_verbs = ["create", "restore", "delete", "clone"];

    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_folder, "m"), Accelerator = "tcg" };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Campaign", "yes")]
    public async Task A_killed_call_leaves_what_was_before_or_what_comes_after(bool running)
    {
        var image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        var dice = new Dice(Campaign.Seed());
        var (interrupted, rounds) = (0, Campaign.IsFull ? 120 : 4);
        var times = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        for (var i = 0; i < rounds; i++)
        {
            var verb = s_verbs[i % s_verbs.Length];
            // A clone is made of a machine that is off.
            var runs = running && verb != "clone";
            if (await RoundAsync(image, verb, runs, running && dice.Chance(50), dice, times)) interrupted++;
        }

        Campaign.Say($"{interrupted} of {rounds} calls were killed in their middle");
    }

    private async Task<bool> RoundAsync(BootMedium image, string verb, bool running, bool memory, Dice dice, Dictionary<string, TimeSpan> times)
    {
        var driver = new QemuHypervisor(Options, TimeProvider.System);
        await SetUpAsync(driver, image, running, memory);
        var call = new DriverCall(verb, "m1", verb == "create" ? "s3" : "s1", memory && running);
        // From its beginning to its end, which the rounds find: one that was killed could have taken longer.
        var longest = times.TryGetValue(verb, out var known) ? known : TimeSpan.FromSeconds(1);
        var delay = longest * (dice.Roll(1000) / 900.0);
        var about = $"{call} killed after {delay.TotalMilliseconds:0} ms";
        var took = await KilledCall.RunAsync(Options, TreeRun.Define("m2", image), call, delay, Cancellation);
        times[verb] = took ?? (longest * 1.1);

        var next = new QemuHypervisor(Options, TimeProvider.System);
        if (dice.Chance(50)) await AgainAsync(() => next.Snapshots!.CreateAsync("m1", "other", false, Cancellation));
        else await AgainAsync(() => call.RunAsync(next, TreeRun.Define("m2", image)));
        await next.KillAsync("m1", Cancellation);
        // What a crash left half done is ended before a machine starts.
        await AgainAsync(() => next.StartAsync(TreeRun.Define("m1", image), Cancellation));
        await next.KillAsync("m1", Cancellation);

        foreach (var disk in TreeRun.Disks(Options, "m1"))
            (await DiskWord.ReadAsync(disk, TreeRun.WordAt, Cancellation)).ShouldBeOneOf(verb == "restore" ? ["one", "three"] : ["three"], about);
        var both = await Task.WhenAll(TreeRun.Disks(Options, "m1").Select(d => DiskWord.ReadAsync(d, TreeRun.WordAt, Cancellation)));
        both[0].ShouldBe(both[1], $"both disks are of one moment: {about}");
        await EndAsync(next, call, image, about);
        return took is null;
    }

    /// <summary>As a worker does: the qemu-img of a process that was killed goes on to its end, and holds its disk until then.</summary>
    private static Task AgainAsync(Func<Task> act) => Eventually.TrueAsync("nothing holds the disks", async () =>
    {
        try
        {
            await act();
            return true;
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Busy)
        {
            return false;
        }
    });

    /// <summary>The same call ends it; then everything that is in the tree has its content, and everything can go.</summary>
    private async Task EndAsync(QemuHypervisor driver, DriverCall call, BootMedium image, string about)
    {
        if (call.Memory && call.Verb == "create") await AgainAsync(() => driver.StartAsync(TreeRun.Define("m1", image), Cancellation));
        await call.RunAsync(driver, TreeRun.Define("m2", image));
        if (call.Verb == "clone")
        {
            foreach (var disk in TreeRun.Disks(Options, "m2")) (await DiskWord.ReadAsync(disk, TreeRun.WordAt, Cancellation)).ShouldBe("three", about);
        }

        var tree = await driver.Snapshots!.ListAsync("m1", Cancellation);
        var expected = new Dictionary<string, (string? Parent, string Word)>(StringComparer.Ordinal)
        {
            ["s1"] = (null, "one"),
            ["s2"] = (call.Verb == "delete" ? null : "s1", "two"),
            ["s3"] = ("s2", "three"),
        };
        string[] ids = call.Verb switch { "create" => ["s1", "s2", "s3"], "delete" => ["s2"], _ => ["s1", "s2"] };
        tree.Where(s => s.Id != "other").Select(s => s.Id).ShouldBe(ids, ignoreOrder: true, customMessage: about);
        foreach (var snapshot in tree.Where(s => s.Id != "other"))
        {
            var (parent, word) = expected[snapshot.Id];
            snapshot.ParentId.ShouldBeOneOf(snapshot.Id == "s3" ? [parent!, "other"] : [parent!], $"parent of {snapshot.Id}: {about}");
            await driver.Snapshots!.RestoreAsync("m1", snapshot.Id, null, Cancellation);
            await driver.KillAsync("m1", Cancellation);
            foreach (var disk in TreeRun.Disks(Options, "m1")) (await DiskWord.ReadAsync(disk, TreeRun.WordAt, Cancellation)).ShouldBe(word, $"{snapshot.Id}: {about}");
        }

        foreach (var id in new[] { "m1", "m2" }) await driver.DeleteAsync(id, Cancellation);
        TreeRun.Left(Options).ShouldBeEmpty(about);
    }

    /// <summary>Two snapshots with a word each, and another word written since.</summary>
    private async Task SetUpAsync(QemuHypervisor driver, BootMedium image, bool running, bool memory)
    {
        var machine = TreeRun.Define("m1", image);
        await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        if (running)
        {
            await driver.StartAsync(machine, Cancellation);
            await driver.Power!.PauseAsync("m1", Cancellation);
        }

        foreach (var (word, snapshot) in new[] { ("one", "s1"), ("two", "s2"), ("three", null) })
        {
            foreach (var (disk, device) in TreeRun.Disks(Options, "m1").Zip(["disk0", "disk1"]))
            {
                if (running) await DiskWord.WriteLiveAsync(new MachineFolder(Options.MachinesFolder, "m1"), device, TreeRun.WordAt, word, Cancellation);
                else await DiskWord.WriteAsync(disk, TreeRun.WordAt, word, Cancellation);
            }

            if (snapshot is not null) await driver.Snapshots!.CreateAsync("m1", snapshot, memory && running, Cancellation);
        }
    }
}
