using System.Net.Http.Json;
using System.Text;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Machines;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>A guest whose cloud-init failed says why.</summary>
public sealed class CloudInitLogTests
{
    [Fact]
    public async Task The_end_of_the_log_is_part_of_readiness_when_cloud_init_ended_with_errors()
    {
        await using var server = await TestServer.StartAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = await server.AddImageAsync() });
        var guest = server.Get<IHypervisor>().Guest!;
        await guest.WriteFileAsync(machine.Id, CloudInitLog.File, Encoding.UTF8.GetBytes("begins\n\e[31mwarren: database\e[0m\r\npsql: no such role\n"), CancellationToken.None);
        await guest.WriteFileAsync(machine.Id, "/run/cloud-init/result.json", """{"v1":{"datasource":"x","errors":["('scripts_user', RuntimeError('1 of 1'))"]}}"""u8.ToArray(), CancellationToken.None);
        Readiness? now = null;
        await Eventually.BecomesAsync(async () => (now = (await server.Client.GetFromJsonAsync<Machine>("machines/a", WarrenJson.Options))!.Readiness).CloudInit == CloudInitStatus.Error, "cloud-init error");
        now!.Detail!.ShouldContain("scripts_user");
        now.Log.ShouldBe(["begins", "warren: database", "psql: no such role"]);
    }

    [Fact]
    public void It_is_bounded_and_begins_with_a_whole_line()
    {
        var lines = CloudInitLog.Lines(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 500).Select(i => $"line {i:0000}\n")))[^4096..]);
        lines.Count.ShouldBe(25);
        lines[^1].ShouldBe("line 0499");
        CloudInitLog.Lines(Encoding.UTF8.GetBytes(new string('x', 3000) + "\n" + "10%\r50%\rdone\n")).ShouldBe([new string('x', 400) + "…", "done"]);
    }
}
