using System.Globalization;
using System.Text.RegularExpressions;
using EndToEnd.Tests.Running;
using Hypervisors.Tests.Libvirt;

namespace EndToEnd.Tests.Engines;

/// <summary>Live migration as a user has it: two added hosts that share nothing but a cable, and a terminal that stays open.</summary>
[Collection(LibvirtPairCollection.Name)]
public sealed partial class LiveMoveTests(LibvirtPair pair)
{
    [Fact]
    public async Task A_terminal_hears_every_number_of_a_machine_that_moves_while_it_counts()
    {
        Assert.SkipUnless(pair.WhyNot is null, pair.WhyNot ?? "");
        await using var bed = await TestBed.CreateAsync(sight: new Sight(Path.Combine(pair.Left.Folder, "run"), WayIntoRight()));
        await bed.StartAsync();
        await bed.StoreTinyAsync();
        await AddAsync(bed, "lab", "qemu:///system", pair.Left, LibvirtPair.LeftAddress);
        await AddAsync(bed, "lab2", "qemu+ssh://lab2/system", pair.Right, LibvirtPair.RightAddress);
        await bed.Warren.RunAsync("launch", "tiny", "--name", "l", "--host", "lab", "--memory", "192", "--cpus", "1");
        await bed.Warren.RunAsync("wait", "l", "--for", "agent");

        await using var terminal = await SerialLine.OpenAsync(bed.Server, "l");
        await terminal.TypeAsync("i=0; while :; do i=$((i+1)); echo \"count:$i;\"; sleep 0.02; done");
        await Eventually.TrueAsync("it counts", () => Numbers(terminal).Count > 20);
        await bed.Warren.RunAsync("migrate", "l", "lab2");
        var before = Numbers(terminal).Count;
        await Eventually.TrueAsync("it counts there", () => Numbers(terminal).Count > before + 100 || terminal.Ended);
        terminal.Ended.ShouldBeFalse("the terminal stays open");
        var numbers = Numbers(terminal);
        numbers.ShouldBe(Enumerable.Range(1, numbers.Count));
        TestContext.Current.TestOutputHelper?.WriteLine($"{numbers.Count} numbers heard, {before} of them when the move had ended, none missed and none twice");

        // What is typed reaches the guest where it is now: Ctrl-C.
        await terminal.TypeAsync("\u0003");
        // What is typed before the shell has its line back can be thrown away with the interrupt.
        await Eventually.TrueAsync("the prompt is back", () => terminal.Heard.Split("^C")[^1].Contains("# ", StringComparison.Ordinal));
        await terminal.TypeAsync("echo moved=$((40+2))");
        await Eventually.TrueAsync("the shell answers", () => terminal.Heard.Contains("moved=42", StringComparison.Ordinal));

        (await bed.InfoAsync("l")).Host.ShouldBe("lab2");
        (await bed.Client.ListHostMachinesAsync("lab").ToListAsync()).ShouldBeEmpty();
        (await bed.Client.ListHostMachinesAsync("lab2").ToListAsync()).ShouldHaveSingleItem().Machine.ShouldBe("l");
        await bed.Warren.RunAsync("delete", "l");
        (await bed.Client.ListHostMachinesAsync("lab2").ToListAsync()).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(pair.Left.PoolPath).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(pair.Right.PoolPath).ShouldBeEmpty();
        bed.Traces.ShouldBeNone([]);
        await bed.Warren.RunAsync("hosts", "remove", "lab");
        await bed.Warren.RunAsync("hosts", "remove", "lab2");
    }

    /// <summary>
    /// Stands in for ssh, which no server answers here: runs the command in the daemon's namespaces. libvirt's own client and its
    /// helper at the other end are the real ones.
    /// </summary>
    private string WayIntoRight()
    {
        var folder = Directory.CreateDirectory(Path.Combine(pair.Right.Folder, "bin")).FullName;
        var ssh = Path.Combine(folder, "ssh");
        File.WriteAllText(ssh, string.Create(CultureInfo.InvariantCulture,
            $"#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift 2\nexec nsenter --target {pair.Right.FirstProcessId()} --mount --pid --net --uts -- sh -c \"$*\"\n"));
        File.SetUnixFileMode(ssh, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }

    private static Task<string> AddAsync(TestBed bed, string name, string uri, LibvirtDaemon daemon, string address) => bed.Warren.RunAsync(
        "hosts", "add", name, "--hypervisor", "libvirt", "--setting", $"uri={uri}", "--setting", $"poolPath={daemon.PoolPath}",
        "--setting", "accelerator=tcg", "--setting", $"migrationAddress={address}");

    private static List<int> Numbers(SerialLine terminal) =>
        [.. Count().Matches(terminal.Heard).Select(m => int.Parse(m.Groups["n"].Value, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"count:(?<n>\d+);", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Count();
}
