using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

public sealed class HostVerbTests
{
    private static readonly HostStatus s_silent = new(HostState.Unreachable, Given.Noon, "a probe of it as libvirt", "host 'lab' did not answer Probe within 120 s", "Check that it is up.");

    [Fact]
    public async Task Hosts_alone_lists_them_with_status_and_reason()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/hosts", () => new Page<Host>([Host("local"), Host("lab") with { Usable = false, Status = s_silent, MemoryMiB = 0, Cpus = 0, Version = null, Accelerator = null }, Host("old") with { Draining = true, Machines = 12 }])));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("hosts")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("""
            NAME    HYPERVISOR   STATUS             MACHINES   MEMORY USED        CPUS   ACCELERATOR   REASON
            local   fake 1       online             2          512 MiB of 4 GiB   4      none          -
            lab     fake         unreachable        2          -                  -      -             host 'lab' did not answer Probe within 120 s
            old     fake 1       online, draining   12         512 MiB of 4 GiB   4      none          -

            """);
    }

    [Fact]
    public async Task A_host_is_added_with_secrets_from_a_file_and_standard_input_and_never_from_the_command_line()
    {
        AddHostRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/hosts", (AddHostRequest r) =>
            {
                request = r;
                return Results.Json(Host(r.Name), WarrenJson.Options, statusCode: 201);
            })
            .Post("/hosts/lab/probe", () => Host("lab")));
        using var shell = new Shell(server.Url) { Input = "from-stdin\n" };
        var file = Path.Combine(shell.Home, "token");
        await File.WriteAllTextAsync(file, "from-file\n");
        (await shell.RunAsync("hosts", "add", "lab", "--hypervisor", "proxmox", "--setting", "url=https://lab:8006/?a=b", "--secret", "token=" + file, "--secret", "password=-", "--label", "zone=attic", "--reserve", "2G", "--limit", "9"))
            .ShouldBe(0, shell.Error);
        request!.Settings.ShouldBe(new Dictionary<string, string> { ["url"] = "https://lab:8006/?a=b", ["token"] = "from-file", ["password"] = "from-stdin" }, ignoreOrder: true);
        request.Labels["zone"].ShouldBe("attic");
        (request.ReservedMemoryMiB, request.MachineLimit).ShouldBe((2048, 9));
        shell.Out.ShouldBe("lab: online\n");
        (await shell.RunAsync("hosts", "add", "lab", "--hypervisor", "proxmox", "--secret", "token=hunter2")).ShouldBe(2);
        shell.Error.ShouldContain("never the secret itself");
        (await shell.RunAsync("hosts", "add", "lab")).ShouldBe(2);
        server.Of("POST", "/hosts").Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_added_and_its_reason_is_told()
    {
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/hosts", () => Results.Json(Host("lab"), WarrenJson.Options, statusCode: 201))
            .Post("/hosts/lab/probe", () => Host("lab") with { Status = s_silent, Usable = false }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("hosts", "add", "lab", "--hypervisor", "libvirt", "--quiet")).ShouldBe(0);
        shell.Out.ShouldBe("lab: unreachable\n");
        shell.Error.ShouldBe("warning: host 'lab' did not answer Probe within 120 s Check that it is up.\n");
    }

    [Fact]
    public async Task An_edit_takes_away_what_has_no_value()
    {
        string? body = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Patch("/hosts/lab", async (HttpContext http) =>
            {
                body = await new StreamReader(http.Request.Body).ReadToEndAsync();
                return Results.Json(Host("lab"), WarrenJson.Options);
            })
            .Post("/hosts/lab/probe", () => Host("lab")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("hosts", "edit", "lab", "--setting", "uri=x", "--secret", "password=", "--label", "zone=")).ShouldBe(0, shell.Error);
        body.ShouldBe("""{"settings":{"uri":"x","password":null},"labels":{"zone":null}}""");
        (await shell.RunAsync("hosts", "edit", "lab")).ShouldBe(2);
    }

    [Fact]
    public async Task What_is_on_a_host_is_listed_and_adopted()
    {
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/hosts/lab/machines", () => new Page<HostMachine>([new("01m7", "on", true, "web", 512, new MemoryUse(200, 120)), new("Old Web", "off", false), new("01m8", "off", true)]))
            .Post("/hosts/lab/machines/{native}/adopt", (string native) => Results.Json(Given.Operation("o1", OperationStatus.Succeeded, 100, native.ToLowerInvariant().Replace(' ', '-')), WarrenJson.Options, statusCode: 202))
            .Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100, "old-web"))
            .Get("/machines/{m}", () => Given.Machine("old-web", MachineState.Stopped) with { Image = null, Host = "lab" }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("hosts", "machines", "lab")).ShouldBe(0);
        shell.Out.ShouldBe("""
            NAME THERE   POWER   MEMORY               ITS OWN   MACHINE
            01m7         on      200 MiB of 512 MiB   120 MiB   web
            Old Web      off     -                    -         not ours
            01m8         off     -                    -         ours, not known here any more

            """);
        (await shell.RunAsync("hosts", "adopt", "lab", "Old Web")).ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("old-web is stopped on lab (1 GiB, 2 CPUs, 10 GiB disk)\n");
    }

    [Fact]
    public async Task A_launch_that_no_host_takes_tells_each_reason_on_a_line()
    {
        LaunchRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/machines", (LaunchRequest r) =>
            {
                request = r;
                return LittleServer.Refuse("no-host", 409, "long", new Dictionary<string, string[]> { ["hosts.a"] = ["is draining"], ["hosts.local"] = ["has no snapshots"] });
            })
            .Post("/machines/placement", () => new Placement { Host = "a", Why = "It is the only one that takes it.", Hosts = [new("a", true, []), new("local", false, ["has no snapshots"])] }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "tiny", "--no-key", "--label", "zone=a", "--requires", "snapshots", "--network", "lab", "--option", "colour=red")).ShouldBe(6);
        shell.Error.ShouldBe("warren: no host takes it\n  a: is draining\n  local: has no snapshots\n");
        request!.ShouldSatisfyAllConditions(r => r.HostLabels["zone"].ShouldBe("a"), r => r.Requires.ShouldBe(["snapshots"]), r => r.Network.ShouldBe("lab"), r => r.Options["colour"].ShouldBe("red"));
        (await shell.RunAsync("launch", "tiny", "--dry-run")).ShouldBe(0);
        shell.Out.ShouldBe("""
            HOST    TAKES IT   WHY
            a       chosen     It is the only one that takes it.
            local   no         has no snapshots

            """);
    }

    [Fact]
    public async Task A_serial_line_carries_bytes_both_ways_and_says_why_it_ended()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/web/serial", async (HttpContext http) =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[100];
            var received = await socket.ReceiveAsync(buffer.AsMemory(), http.RequestAborted);
            await socket.SendAsync(buffer.AsMemory(0, received.Count), System.Net.WebSockets.WebSocketMessageType.Binary, true, http.RequestAborted);
            await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, "the machine is off", http.RequestAborted);
        }).Get("/machines/off/serial", () => LittleServer.Refuse("illegal-state", 409)));
        using var shell = new Shell(server.Url) { InputBytes = "uname\n"u8.ToArray() };
        (await shell.RunAsync("console", "web", "--serial")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("uname\n");
        shell.Error.ShouldEndWith("The line has ended: the machine is off.\n");
        (await shell.RunAsync("console", "off", "--serial")).ShouldBe(6);
    }

    [Fact]
    public async Task A_serial_line_that_breaks_is_connected_again_where_it_was_and_what_is_missing_is_told()
    {
        var calls = 0;
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/web/serial", async (HttpContext http) =>
        {
            var call = Interlocked.Increment(ref calls);
            if (call == 2)
            {
                http.Response.StatusCode = 503;
                return;
            }

            using var socket = await http.WebSockets.AcceptWebSocketAsync("warren.serial");
            string[] said = call == 1 ? ["""{"log":"a","at":10,"end":10}""", "one "] : call == 3 ? ["""{"log":"a","at":14,"missed":0,"end":18}""", "two ", """{"log":"a","at":90,"missed":72,"end":90}""", "three\n"] : [];
            foreach (var text in said)
            {
                await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(text), text[0] == '{' ? System.Net.WebSockets.WebSocketMessageType.Text : System.Net.WebSockets.WebSocketMessageType.Binary, true, http.RequestAborted);
            }

            if (call == 1) await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.EndpointUnavailable, "the server is going away", http.RequestAborted);
            else await socket.CloseAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, "the machine is off", http.RequestAborted);
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("console", "web", "--serial", "--view-only")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("one two three\n");
        server.Of("GET", "/machines/web/serial").Select(r => r.Query).ShouldBe(["?tail=0&viewOnly=true", "?tail=0&from=14&log=a&viewOnly=true", "?tail=0&from=14&log=a&viewOnly=true"]);
        shell.Error.ShouldBe("""
            On the serial line of web.
            warning: the connection to the server broke; it is made again
            warning: 72 bytes are missing here: the log does not go back so far
            The line has ended: the machine is off.

            """);
        (await shell.RunAsync("console", "web", "--view-only")).ShouldBe(2);
    }

    private static Host Host(string name) => new()
    {
        Name = name, Hypervisor = "fake", Usable = true, Status = new HostStatus(HostState.Online, Given.Noon, "a probe"), Version = "1", Accelerator = "none",
        MemoryMiB = 4096, MemoryUsedMiB = 512, Cpus = 4, Machines = 2,
    };
}
