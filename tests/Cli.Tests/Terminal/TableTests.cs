using Warren.Cli.Images;
using Warren.Cli.Machines;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Cli.Tests.Terminal;

public sealed class TableTests
{
    [Fact]
    public void Machines_make_a_table()
    {
        Machine[] machines =
        [
            Given.Machine("web") with
            {
                Ssh = new SshAddress("127.0.0.1", 20001, "debian"),
                Readiness = Given.Ready(ReadinessRung.Process, ReadinessRung.Ssh, ReadinessRung.CloudInit),
            },
            Given.Machine("a", MachineState.Stopped) with { Image = "tiny", Spec = new MachineSpec { MemoryMiB = 256, Cpus = 1, DiskGiB = 0 } },
        ];
        Table.Rows(MachineText.Headings, [.. machines.Select(m => MachineText.Row(m, Given.Noon))], colour: false).ShouldBe(
            """
            NAME   STATE     READY             HOST    IMAGE       MEMORY    CPUS   DISK     SSH               AGE
            web    running   cloud-init done   local   debian-12   1 GiB     2      10 GiB   127.0.0.1:20001   1h
            a      stopped   -                 local   tiny        256 MiB   1      -        -                 1h

            """);
    }

    [Fact]
    public void Images_make_a_table()
        => Table.Rows(ImageText.Headings, [ImageText.Row(Given.Image("tiny"), Given.Noon.AddSeconds(5))], colour: false).ShouldBe(
            """
            NAME   STATE   FORMAT   SIZE      DISK    VERIFIED     SOURCE        AGE
            tiny   ready   qcow2    192 MiB   2 GiB   built here   recipe:tiny   5s

            """);

    [Fact]
    public void What_is_not_known_of_a_machine_takes_no_line()
        => Table.Properties(MachineText.Properties(Given.Machine("a", MachineState.Stopped), Given.Noon), colour: false).ShouldBe(
            """
            name       a
            id         m-a
            state      stopped
            image      debian-12
            memory     1 GiB
            cpus       2
            disk       10 GiB
            firmware   bios, video std
            host       local
            owner      owner, project default
            created    2026-03-01 10:30:00Z (1h ago)

            """);

    [Fact]
    public void A_machine_is_shown_with_how_to_reach_it()
        => MachineText.HowToConnect(Given.Machine() with
        {
            Ssh = new SshAddress("127.0.0.1", 20001, "debian"),
            Forwards = [new Forward("tcp", "127.0.0.1", 20001, 22), new Forward("tcp", "127.0.0.1", 8080, 80)],
        }, new Uri("http://127.0.0.1:7878")).ShouldBe(
            """
            web is running (debian-12, 1 GiB, 2 CPUs, 10 GiB disk)
              ssh      warren ssh web   (debian@127.0.0.1 port 20001)
              screen   http://127.0.0.1:7878/machines/web
              forward  tcp 127.0.0.1:8080 -> guest 80
            """);

    [Fact]
    public void What_a_server_says_cannot_command_the_terminal()
    {
        var text = Table.Rows(["A"], [[new Cell("x\e[2Jy\r\nz")]], colour: true);
        text.ShouldContain("x?[2Jy? z");
    }

    [Fact]
    public void Colours_come_only_when_asked()
    {
        new Cell("ok", Ink.Good).Render(colour: true).ShouldBe("\e[32mok\e[0m");
        new Cell("ok", Ink.Good).Render(colour: false).ShouldBe("ok");
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(5000L << 40, "5000 TiB")]
    public void Bytes_are_read_easily(long bytes, string expected) => Figures.Bytes(bytes).ShouldBe(expected);

    [Fact]
    public void A_refused_field_is_told_with_its_option()
        => ProblemText.Lines(new Problem("urn:warren:problem:validation", "Invalid", 400)
        {
            Errors = new Dictionary<string, string[]> { ["memoryMiB"] = ["must be 512 to 4096"], ["forwards[0].hostPort"] = ["must be 20000 to 29999"] },
        }, null).ShouldBe(["warren: memoryMiB (--memory): must be 512 to 4096", "warren: forwards[0].hostPort (--forward): must be 20000 to 29999"]);
}
