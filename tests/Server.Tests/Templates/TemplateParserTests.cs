using Warren.Contracts;
using Warren.Server.Templates;
using Warren.Server.Templates.Yaml;

namespace Warren.Server.Tests.Templates;

/// <summary>The format of templates: every mistake with its place, all of them at once, and nothing that takes the reader apart.</summary>
public sealed class TemplateParserTests
{
    private const string Head = "name: a\nimage: tiny\n";

    public static TheoryData<string, int, int, string> Bad() => new()
    {
        { "image: tiny\n", 1, 1, "name" },
        { "name: a\n", 1, 1, "image" },
        { "name: a\nimage: x\ngoldenImage: y\n", 3, 14, "goldenImage" },
        { "name: Two Words\nimage: tiny\n", 1, 7, "name" },
        { Head + "colour: red\n", 3, 1, "colour" },
        { Head + "resources: { memory: lots }\n", 3, 22, "resources.memory" },
        { Head + "resources: { cpus: 0 }\n", 3, 20, "resources.cpus" },
        { Head + "resources: { ram: 1G }\n", 3, 14, "resources.ram" },
        { Head + "resources: { disk: 1.5M }\n", 3, 20, "resources.disk" },
        { Head + "firmware: coreboot\n", 3, 11, "firmware" },
        { Head + "networks: [a, b]\n", 3, 11, "networks" },
        { Head + "forwards: [70000]\n", 3, 12, "forwards[0]" },
        { Head + "forwards:\n  - 80\n  - { guestPort: x }\n", 5, 18, "forwards[1].guestPort" },
        { Head + "dataDisks:\n  - size: 1G\n    path: /x\n", 4, 11, "dataDisks[0].size" },
        { Head + "requires: [levitation]\n", 3, 11, "requires" },
        { Head + "ttl: 3w\n", 3, 6, "ttl" },
        { Head + "pool: { target: 2, min: 3 }\n", 3, 25, "pool.min" },
        { Head + "recording: tape\n", 3, 12, "recording" },
        { Head + "machineName: {user}\n", 3, 14, "machineName" },
        { Head + "machineName: \"{machine}\"\n", 3, 14, "machineName" },
        { Head + "cloudInit:\n  packges: [git]\n", 4, 3, "cloudInit.packges" },
        { Head + "cloudInit: |\n  #cloud-config\n  users:\n    - nme: a\n", 6, 7, "cloudInit.users[0].nme" },
        { Head + "cloudInit: hello\n", 3, 12, "cloudInit" },
        { Head + "cloudInit:\n  runcmd:\n    - echo {nobody}\n", 5, 7, "cloudInit.runcmd[0]" },
        { Head + "provision:\n  - name: x\n    shell: |\n      echo one\n      echo {nobody}\n", 7, 1, "provision[0].shell" },
        { Head + "provision:\n  - file: { path: etc/motd, content: x }\n", 4, 19, "provision[0].file.path" },
        { Head + "provision:\n  - file: { path: /etc/motd, content: x, mode: rw }\n", 4, 48, "provision[0].file.mode" },
        { Head + "provision:\n  - name: x\n", 4, 5, "provision[0].shell" },
        { Head + "cloudInit: \"#!/bin/sh\"\nprovision: [ls]\n", 4, 12, "provision" },
        { "name: a\nname: b\nimage: tiny\n", 2, 1, "" },
        { "name: [\n", 2, 1, "" },
        { "- name\n", 1, 1, "" },
        { "", 1, 1, "" },
        { "a: &x [*x]\n", 1, 8, "" },
    };

    [Theory, MemberData(nameof(Bad))]
    public void A_mistake_is_told_with_its_place_and_field(string yaml, int line, int column, string field)
    {
        var mistakes = Mistakes(yaml);
        mistakes.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            m => m.Line.ShouldBe(line, m.ToString()), m => m.Column.ShouldBe(column, m.ToString()), m => m.Field.ShouldBe(field, m.ToString()), m => m.Rule.ShouldNotBeEmpty());
    }

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_the_text()
        => Mistakes("nme: a\nimage: tiny\nfirmware: x\ncloudInit:\n  foo: 1\n  packages: x\nttl: never\n").Select(m => (m.Line, m.Field))
            .ShouldBe([(1, "name"), (1, "nme"), (3, "firmware"), (5, "cloudInit.foo"), (6, "cloudInit.packages"), (7, "ttl")], ignoreOrder: true);

    [Fact]
    public void What_would_take_a_reader_apart_is_refused()
    {
        Mistakes("a: " + new string('[', 50_000)).Single().Rule.ShouldContain("nested deeper");
        var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        Mistakes(laughs).Single().Rule.ShouldContain("stands for more than");
        Mistakes(Head + "# " + new string('x', TemplateParser.LongestText)).Single().Rule.ShouldContain("longer than");
    }

    [Fact]
    public void Everything_it_knows_is_read()
    {
        var text = Parse("""
            name: all
            description: Everything.
            image: debian-12
            machineName: box-{user}
            resources: { memory: 1.5G, cpus: 2, disk: 1T }
            firmware: uefi
            video: virtio
            forwards: [80, "8443:443", 53/udp, { guestPort: 22, hostPort: 2222 }]
            dataDisks: [{ size: 5G }, { path: /srv/a.qcow2, format: qcow2 }]
            keys: [laptop]
            hostLabels: { zone: attic }
            requires: [snapshots]
            pool: { target: 3, min: 1, max: 5, maxAge: 1d, kind: clone }
            recording: serial
            ttl: 2h
            provision:
              - echo one
              - { name: two, file: { path: /etc/x, content: "", mode: "600" } }
            """);
        var content = text.Content;
        (content.MemoryMiB, content.Cpus, content.DiskGiB, content.Firmware, content.Video, content.TtlSeconds).ShouldBe((1536, 2, 1024, MachineFirmware.Uefi, MachineVideo.Virtio, 7200));
        content.Forwards.ShouldBe([new() { GuestPort = 80 }, new() { GuestPort = 443, HostPort = 8443 }, new() { GuestPort = 53, Protocol = "udp" }, new() { GuestPort = 22, HostPort = 2222 }]);
        content.DataDisks.ShouldBe([new() { SizeGiB = 5 }, new() { Path = "/srv/a.qcow2", Format = "qcow2" }]);
        content.Pool.ShouldBe(new TemplatePool { Target = 3, Min = 1, Max = 5, MaxAgeSeconds = 86400, Kind = "clone" });
        content.Recording.ShouldBe(RecordingPolicy.Serial);
        content.Provision.ShouldBe([new("step 1"), new("two", "/etc/x")]);
        (content.Keys.Single(), content.HostLabels["zone"], content.Requires.Single()).ShouldBe(("laptop", "attic", "snapshots"));
    }

    [Theory]
    [InlineData("{user} on {machine}", "anna on m")]
    [InlineData("{{user}", "{user}")]
    [InlineData("${HOME} $HOME ${{user}", "${HOME} $HOME ${user}")]
    [InlineData("awk '{print $1}' {} { x: 1 }", "awk '{print $1}' {} { x: 1 }")]
    [InlineData("{user}{user}", "annaanna")]
    public void Placeholders_are_filled_in_and_braces_stay(string text, string filled)
    {
        Placeholders.Check(text, ["user", "machine"], (name, _) => Assert.Fail(name));
        Placeholders.Fill(text, new Dictionary<string, string> { ["user"] = "anna", ["machine"] = "m" }).ShouldBe(filled);
    }

    internal static TemplateText Parse(string yaml)
    {
        var mistakes = new Mistakes();
        var text = TemplateParser.Parse(yaml, mistakes);
        mistakes.All.ShouldBeEmpty();
        return text!;
    }

    private static IReadOnlyList<TextMistake> Mistakes(string yaml)
    {
        var mistakes = new Mistakes();
        TemplateParser.Parse(yaml, mistakes);
        return mistakes.All;
    }
}
