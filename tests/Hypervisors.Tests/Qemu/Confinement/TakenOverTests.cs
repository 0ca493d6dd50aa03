using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Confinement;

namespace Hypervisors.Tests.Qemu.Confinement;

/// <summary>
/// A QEMU that its guest has taken over. A shell is started in its place, by the same code and so with the same confinement but for QEMU's own
/// seccomp filter, and tries what such a guest would: what it may is what remains without the filter. The filter is shown with the real QEMU.
/// </summary>
public sealed class TakenOverTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("wt").FullName;
    private QemuHypervisor _driver = null!;
    private MachineDefinition _victim = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_data, "machines"), Accelerator = "tcg" };

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root gives machines users of their own");
        // As the server lays its data out.
        Write("warren.db", "the database");
        Directory.CreateDirectory(Path.Combine(_data, "keyring"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Write("keyring/key", "a key");
        _driver = new QemuHypervisor(Options, TimeProvider.System);
        _victim = await DefineAsync("victim");
        await _driver.CreateAsync(_victim, new Progress<double>(), Cancellation);
        await _driver.StartAsync(_victim, Cancellation);
        await _driver.Snapshots!.CreateAsync(_victim.Id, "s1", memory: false, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            foreach (var id in new[] { "attacker", "victim" }) await _driver.DeleteAsync(id, CancellationToken.None);
        }

        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task It_reads_nothing_of_others_and_changes_nothing_of_the_server()
    {
        var layer = Directory.EnumerateFiles(Path.Combine(Options.MachinesFolder, ".layers")).Single();
        var said = await TakeOverAsync($"""
            m={Options.MachinesFolder}; v=$m/victim; d={_data}
            try own-disk-read head -c 4 $here/disk.qcow2
            try image-read head -c 4 "$image"
            try image-write sh -c ': >> "$0"' "$image"
            try victim-disk head -c 4 $v/disk.qcow2
            try victim-layer head -c 4 {layer}
            try victim-folder ls $v
            try victim-serial head -c 1 $v/serial.log
            try victim-memory head -c 1 /proc/{await VictimAsync()}/mem
            try victim-open-files ls /proc/{await VictimAsync()}/fd/
            try victim-kill kill -0 {await VictimAsync()}
            try layers-list ls $m/.layers
            try machines-list ls $m
            try data-list ls $d
            try database cat $d/warren.db
            try key-store cat $d/keyring/key
            try own-definition-read cat $here/machine.json
            try own-definition-write sh -c ': >> $0/machine.json' $here
            try own-definition-remove rm -f $here/machine.json
            try own-definition-replace mv -f $here/disk.qcow2 $here/machine.json
            try own-snapshots touch $here/snapshots/x
            try shadow head -c 1 /etc/shadow
            try become-root setpriv --reuid=0 true
            try mount mount -t tmpfs none /mnt
            grep -E '^(NoNewPrivs|CapEff|CapBnd|Groups):' /proc/self/status
            """);
        foreach (var allowed in new[] { "own-disk-read", "image-read" }) said.ShouldContain($"{allowed}: may");
        foreach (var denied in new[]
        {
            "image-write", "victim-disk", "victim-layer", "victim-folder", "victim-serial", "victim-memory", "victim-open-files", "victim-kill", "layers-list", "machines-list", "data-list",
            "database", "key-store", "own-definition-read", "own-definition-write", "own-definition-remove", "own-definition-replace", "own-snapshots", "shadow", "become-root", "mount",
        })
            said.ShouldContain($"{denied}: may not");
        said.ShouldContain("CapEff:\t0000000000000000");
        said.ShouldContain("CapBnd:\t0000000000000000");
        said.ShouldContain("NoNewPrivs:\t1");
        said.ShouldContain($"Groups:\t{UserRange.Default.First} ");
    }

    [Fact]
    public async Task It_takes_no_more_memory_and_starts_no_more_programs_than_its_part()
    {
        var groups = new ControlGroups("/sys/fs/cgroup", await File.ReadAllTextAsync("/proc/self/cgroup", Cancellation));
        Assert.SkipUnless(groups.Are, $"there are no control groups here ({groups.Kind})");
        var machine = await DefineAsync("attacker");
        var limits = GroupLimits.Of(machine, "tcg");
        // tail keeps all of a line that never ends; a shell that cannot fork ends.
        var said = await TakeOverAsync(string.Create(CultureInfo.InvariantCulture, $$"""
            try less-memory sh -c 'head -c {{limits.MemoryBytes / 4}} /dev/zero | tail -n 1 >/dev/null; true'
            sh -c 'head -c {{limits.MemoryBytes * 2}} /dev/zero | tail -n 1 >/dev/null'; echo "more-memory: $?"
            (i=0; while [ $i -lt {{limits.Tasks * 2}} ]; do sleep 300 & i=$((i + 1)); echo "started $i"; done) > $here/serial.log 2>/dev/null
            echo "programs: $(tail -n 1 $here/serial.log)"
            """));
        said.ShouldContain("less-memory: may");
        said.ShouldContain("more-memory: 137", Case.Sensitive, "killed by the kernel");
        var started = int.Parse(said.Split("programs: started ")[1].Split('\n')[0], CultureInfo.InvariantCulture);
        started.ShouldBeInRange(limits.Tasks / 2, limits.Tasks);
        var user = FileOwner.Of(Path.Combine(Options.MachinesFolder, "attacker"))!.Group;
        groups.ProcessesOf(user).Count.ShouldBeGreaterThan(limits.Tasks / 2, "they are still there");
        await _driver.DeleteAsync("attacker", Cancellation);
        await Eventually.TrueAsync("they have ended with their machine", () => Task.FromResult(groups.ProcessesOf(user).Count == 0), 20);
        TestContext.Current.TestOutputHelper!.WriteLine($"memory limit {limits.MemoryBytes >> 20} MiB; {started} programs of {limits.Tasks * 2} started");
    }

    [Fact]
    public async Task The_real_one_starts_no_program_in_its_sandbox_and_has_no_privileges()
    {
        var pid = await VictimAsync();
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            var status = await File.ReadAllTextAsync(thread + "/status", Cancellation);
            status.ShouldContain("Seccomp:\t2", Case.Sensitive, "a filter");
            status.ShouldContain("NoNewPrivs:\t1");
            status.ShouldContain("CapEff:\t0000000000000000");
            status.ShouldNotContain("Uid:\t0");
        }

        var mark = Path.Combine(Options.MachinesFolder, "victim", "ran");
        try
        {
            // QEMU's own way to start a program.
            using var qmp = await QmpConnection.OpenAsync(new MachineFolder(Options.MachinesFolder, "victim").QmpSocket, TimeSpan.FromSeconds(5), TimeProvider.System, Cancellation);
            await qmp.CommandAsync("migrate", new JsonObject { ["uri"] = "exec:touch " + mark }, TimeSpan.FromSeconds(10), TimeProvider.System, Cancellation);
        }
        catch (HypervisorException)
        {
            // Refused, or gone: the filter ends a process that tries.
        }

        await Eventually.TrueAsync("it was ended by the filter", () => Task.FromResult(_driver.HasEnded("victim")), 20);
        File.Exists(mark).ShouldBeFalse();
    }

    [Fact]
    public async Task What_it_has_left_in_its_folder_is_found_before_the_server_acts_on_it()
    {
        await TakeOverAsync("rm -f $here/disk.qcow2; ln -s /etc/shadow $here/disk.qcow2");
        (await Should.ThrowAsync<HypervisorException>(async () => await _driver.StartAsync(await DefineAsync("attacker"), Cancellation))).Message.ShouldContain("holds the link disk.qcow2");
        FileOwner.Of("/etc/shadow")!.User.ShouldBe(0u);
    }

    [Fact]
    public async Task A_second_name_that_it_has_left_is_not_given_to_it()
    {
        await TakeOverAsync("ln $here/disk.qcow2 $here/data-7.qcow2");
        (await Should.ThrowAsync<HypervisorException>(async () => await _driver.StartAsync(await DefineAsync("attacker"), Cancellation))).Message.ShouldContain("which the server did not make");
    }

    [Fact]
    public async Task A_link_to_anothers_socket_is_not_spoken_to()
    {
        var (folder, docker) = (new MachineFolder(Options.MachinesFolder, "victim"), Path.Combine(_data, "docker.sock"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(docker));
        listener.Listen(9);
        await using (await _driver.Serial!.OpenAsync("victim", Cancellation)) { }

        foreach (var socket in new[] { folder.SerialSocket, folder.RfbSocket, folder.QmpSocket })
        {
            File.Delete(socket);
            File.CreateSymbolicLink(socket, docker);
        }

        foreach (var open in new Func<Task>[] { () => _driver.Serial!.OpenAsync("victim", Cancellation), () => _driver.Screen!.OpenRfbAsync("victim", Cancellation) })
            (await Should.ThrowAsync<HypervisorException>(open)).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
        (await _driver.ObserveAsync("victim", Cancellation)).Power.ShouldBe(ObservedPower.Unknown);
        using var met = await listener.AcceptAsync(Cancellation);
        (await met.ReceiveAsync(new byte[1], Cancellation)).ShouldBe(0, "hung up on without a word");
    }

    private async Task<int> VictimAsync() => (await _driver.ObserveAsync("victim", Cancellation)).ProcessId!.Value;

    /// <summary>Starts a shell in the place of a machine's QEMU and returns what it said.</summary>
    private async Task<string> TakeOverAsync(string script)
    {
        var machine = await DefineAsync("attacker");
        var program = Path.Combine("/tmp", $"qemu-{Path.GetFileName(_data)}");
        await File.WriteAllTextAsync(program, $$"""
            #!/bin/sh
            [ "$1" != --version ] || { echo 'QEMU emulator version 7.2.22'; exit 0; }
            while [ "$1" != -pidfile ]; do shift; done
            here=$(dirname "$2"); image={{machine.Boot.Path}}
            try() { what=$1; shift; if "$@" >/dev/null 2>&1; then echo "$what: may"; else echo "$what: may not"; fi; }
            {{script}}
            echo done
            """, Cancellation);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        try
        {
            var driver = new QemuHypervisor(Options with { QemuProgram = program }, TimeProvider.System);
            await driver.CreateAsync(machine, new Progress<double>(), Cancellation);
            // It ends without ever having been a QEMU.
            await Should.ThrowAsync<HypervisorException>(() => driver.StartAsync(machine, Cancellation));
            var said = await File.ReadAllTextAsync(new MachineFolder(Options.MachinesFolder, machine.Id).QemuLog, Cancellation);
            TestContext.Current.TestOutputHelper!.WriteLine(said);
            said.ShouldEndWith("done\n");
            return said;
        }
        finally
        {
            File.Delete(program);
        }
    }

    private async Task<MachineDefinition> DefineAsync(string id) => new()
    {
        Id = id,
        Name = id,
        MemoryMiB = 192,
        Cpus = 1,
        DiskGiB = 1,
        Boot = new BootMedium(await PrivateImageAsync(), "qcow2"),
        MacAddress = "52:54:00:00:00:01",
    };

    /// <summary>An image as the store keeps it: readable to its owner only.</summary>
    private async Task<string> PrivateImageAsync()
    {
        var path = Path.Combine(_data, "images", "tiny");
        if (File.Exists(path)) return path;
        Directory.CreateDirectory(Path.Combine(_data, "images"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Copy(await TinyImage.PathAsync(), path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        return path;
    }

    private void Write(string name, string content)
    {
        var path = Path.Combine(_data, name);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
