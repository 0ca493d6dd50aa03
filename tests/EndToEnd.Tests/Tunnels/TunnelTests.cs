using EndToEnd.Tests.MainJob;
using EndToEnd.Tests.Running;

namespace EndToEnd.Tests.Tunnels;

/// <summary>SSH through the platform, at its full length.</summary>
[Collection(AloneCollection.Name)]
public sealed class TunnelTests
{
    [Fact]
    [Trait("Length", "long")]
    public async Task A_hundred_megabytes_by_scp_arrive_whole_through_the_server()
    {
        await using var bed = await TestBed.CreateAsync(debian: true);
        await bed.StartAsync();
        await bed.Warren.RunAsync("launch", "debian-12", "--name", "big");
        await bed.Warren.RunAsync("wait", "big", "--for", "ssh", "--timeout", "15m");
        await bed.Warren.RunAsync("wait", "big", "--for", "cloud-init", "--timeout", "15m");
        TestContext.Current.SendDiagnosticMessage(await Scp.CompareAsync(bed, "big", 100));
        await bed.Warren.RunAsync("delete", "big");
    }
}
