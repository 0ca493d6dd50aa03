using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Proxmox;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Hypervisors.Tests.Proxmox;

/// <summary>Answers are judged before they are used: recorded ones are understood, spoiled ones end in the one declared exception.</summary>
public sealed class ProxmoxAnswerTests
{
    private static readonly string[] s_small =
    [
        """{"data":[{"type":"qemu","vmid":"100","node":"pve1","name":"web","tags":"a;warren-m1-100","template":0},{"type":"lxc","vmid":101,"node":"pve1"}]}""",
        """{"data":{"status":"running","qmpstatus":"paused","lock":"backup","pid":"77","blockstat":{"scsi0":{"rd_operations":12}},"ha":{"managed":1}}}""",
        """{"data":{"memory":"512","cores":2,"sockets":1,"scsi0":"local-lvm:vm-100-disk-0,size=4.5G","net0":"virtio=BC:24:11:2E:C5:4A,bridge=vmbr0","onboot":1}}""",
        """{"data":[{"name":"warren_s2","parent":"other","snaptime":1693252600,"vmstate":1},{"name":"other","parent":"warren_s1"},{"name":"warren_s1","snaptime":1693252500},{"name":"current","parent":"warren_s2"}]}""",
        """{"data":{"result":[{"name":"eth0","ip-addresses":[{"ip-address":"192.0.2.1"},{"ip-address":"fe80::1"}]}],"out-data":"a\u00fc","exited":1}}""",
        "{\"data\":\"UPID:pve1:00000001:00000001:00000001:qmstart:100:root@pam:\"}",
    ];

    [Fact]
    public void Small_answers_of_every_shape_are_understood()
    {
        ProxmoxMachine.Read(Data(s_small[0])!.AsArray()[0]!.AsObject()).ShouldBe(new ProxmoxMachine(100, "pve1", "web", "m1", false, "a;warren-m1-100"));
        var status = Data(s_small[1])!.AsObject();
        (PowerWords.Read(status), PowerWords.HasRead(status)).ShouldBe((ObservedPower.Paused, true));
        var config = new MachineConfig(Data(s_small[2])!.AsObject());
        (config.MemoryMiB, config.Cpus, config.FirstDisk, config.FirstDiskBytes, config.MacAddress, config.OnBoot).ShouldBe((512, 2, "scsi0", 9L << 29, "bc:24:11:2e:c5:4a", true));
        ProxmoxSnapshots.Read(Fields.List(Data(s_small[3]), "x")).Select(s => (s.Id, s.ParentId, s.Memory)).ShouldBe([("s1", null, false), ("s2", "s1", true)]);
        ProxmoxAddresses.Read(Data(s_small[4])).ShouldBe(["192.0.2.1"]);
        ProxmoxGuest.Bytes(Data(s_small[4])!.AsObject(), "out-data").ShouldBe([0x61, 0xfc]);
        Upid.Read(Fields.Text(Data(s_small[5])))!.Type.ShouldBe("qmstart");
    }

    [Theory]
    [InlineData(null), InlineData(""), InlineData("UPID:"), InlineData("UPID:pve/..:00000001:00000001:00000001:qmstart:100:root@pam:"), InlineData("UPID:pve:1:00000001:00000001:qmstart:100:root@pam:"), InlineData("UPID:pve:00000001:00000001:00000001:qm/start:100:root@pam:")]
    public void What_is_no_task_is_none(string? text) => Upid.Read(text).ShouldBeNull();

    [Fact]
    public void Spoiled_answers_end_in_the_declared_exception_and_in_no_other()
    {
        var dice = new Draw(20261123);
        var refused = 0;
        foreach (var body in s_small.Concat(Recorded()?.Select(r => r.Body) ?? []))
        {
            for (var i = 0; i < 150; i++)
            {
                try
                {
                    ReadAll(Spoil(Encoding.UTF8.GetBytes(body), dice));
                }
                catch (HypervisorException)
                {
                    refused++;
                }
            }
        }

        refused.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Every_recorded_answer_is_understood()
    {
        var recorded = Recorded();
        Assert.SkipWhen(recorded is null, "the recorded answers are not here: WARREN_FIXTURES, or shared/fixtures beside the repository");
        foreach (var (method, path, status, body) in recorded)
        {
            if (status != 200)
            {
                Should.Throw<HypervisorException>(() => Judge(status, Encoding.UTF8.GetBytes(body)));
                continue;
            }

            var data = Judge(status, Encoding.UTF8.GetBytes(body));
            if (path.EndsWith("/status/current$", StringComparison.Ordinal)) PowerWords.Read(data!.AsObject()).ShouldNotBe(ObservedPower.Missing, path);
            if (path.EndsWith("qemu/100/config$", StringComparison.Ordinal) && method == "GET") new MachineConfig(data!.AsObject()).FirstDiskBytes.ShouldBe(32L << 30);
            if (path.EndsWith("/snapshot$", StringComparison.Ordinal) && method == "GET") ProxmoxSnapshots.Read(Fields.List(data, path)).ShouldBeEmpty("none of them is ours");
            if (path.EndsWith("/nodes$", StringComparison.Ordinal)) Fields.List(data, path).ShouldAllBe(n => Fields.Text(n, "node") != null && Fields.Number(n, "maxmem") > 0);
            if (Fields.Text(data) is { } text && text.Contains(":qm", StringComparison.Ordinal)) Upid.Read(text).ShouldNotBeNull(text);
            ReadAll(Encoding.UTF8.GetBytes(body));
        }

        recorded.Count.ShouldBeGreaterThan(100);
    }

    /// <summary>Every parser on every answer, whatever it was an answer to.</summary>
    private static void ReadAll(byte[] body)
    {
        var data = Judge(200, body);
        Upid.Read(Fields.Text(data));
        ProxmoxAddresses.Read(data);
        if (data is JsonObject one)
        {
            PowerWords.Read(one);
            PowerWords.HasRead(one);
            PowerWords.Detail(one);
            var config = new MachineConfig(one);
            _ = (config.MemoryMiB, config.Cpus, config.FirstDiskBytes, config.MacAddress, config.OnBoot, config.Tags);
            ProxmoxGuest.Bytes(one, "out-data");
            _ = (Fields.Flag(one, "exited"), Fields.Small(one, "pid"));
        }

        if (data is not JsonArray) return;
        var list = Fields.List(data, "list");
        foreach (var entry in list) ProxmoxMachine.Read(entry);
        ProxmoxSnapshots.Read(list);
    }

    private static JsonNode? Data(string body) => Judge(200, Encoding.UTF8.GetBytes(body));

    private static JsonNode? Judge(int status, byte[] body)
    {
        using var response = new HttpResponseMessage((HttpStatusCode)status);
        return ProxmoxClient.Judge("GET /x", response, body);
    }

    private static byte[] Spoil(byte[] body, Draw dice)
    {
        string[] words = ["null", "[]", "{}", "-1", "1e999", "99999999999999999999", "\"\\ud800\"", "\"\\u0000\"", "true", "\"data\":1,", "\u00ff"];
        var bytes = body.ToList();
        for (var times = 1 + dice.Below(4); times > 0 && bytes.Count > 1; times--)
        {
            var at = dice.Below(bytes.Count);
            switch (dice.Below(5))
            {
                case 0:
                    bytes[at] = (byte)dice.Below(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + dice.Below(20)));
                    break;
                case 2:
                    // In place of a value: the answer is JSON still.
                    var from = bytes.IndexOf((byte)':', at) + 1;
                    var to = from > 0 ? bytes.FindIndex(from, b => b is (byte)',' or (byte)'}') : -1;
                    if (to < 0) break;
                    bytes.RemoveRange(from, to - from);
                    bytes.InsertRange(from, Encoding.UTF8.GetBytes(words[dice.Below(words.Length)]));
                    break;
                case 3:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(words[dice.Below(words.Length)]));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    private static IReadOnlyList<(string Method, string Path, int Status, string Body)>? Recorded()
    {
        var root = Environment.GetEnvironmentVariable("WARREN_FIXTURES");
        for (var folder = AppContext.BaseDirectory; root is null && folder is not null; folder = Path.GetDirectoryName(folder))
            if (Directory.Exists(Path.Combine(folder, "shared", "fixtures"))) root = Path.Combine(folder, "shared", "fixtures");
        var file = Path.Combine(root ?? "/nowhere", "proxmox", "responses-8.json");
        if (!File.Exists(file)) return null;
        using var recorded = JsonDocument.Parse(File.ReadAllText(file));
        return [.. recorded.RootElement.EnumerateArray().Select(r =>
            (r.GetProperty("method").GetString()!, r.GetProperty("path_regex").GetString()!, r.GetProperty("status").GetInt32(), r.GetProperty("body").GetRawText()))];
    }

    /// <summary>Numbers that are the same in every run (Knuth's MMIX generator).</summary>
    private sealed class Draw(ulong seed)
    {
        private ulong _state = seed;

        internal int Below(int most)
        {
            _state = (_state * 6364136223846793005UL) + 1442695040888963407UL;
            return (int)((_state >> 33) % (ulong)most);
        }
    }
}
