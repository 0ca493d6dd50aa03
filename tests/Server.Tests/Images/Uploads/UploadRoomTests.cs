using Warren.Server.Images;

namespace Warren.Server.Tests.Images.Uploads;

/// <summary>Size and share are known before a byte is sent.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class UploadRoomTests : TusTestBase
{
    protected override string[] Settings => [.. base.Settings, "Images:MaximumBytes=5000000000000000", "Images:MaximumBytesPerUser=4000000000000000"];

    [Fact]
    public async Task What_is_too_large_for_the_store_for_a_person_or_for_the_disk_is_refused_before_it_is_sent()
    {
        var free = Server.Get<ImageStore>().FreeBytes;
        foreach (var (bytes, status, type) in new[] { (5_000_000_000_000_001L, 413, "too-large"), (4_000_000_000_000_001L, 403, "quota-exceeded"), (free + (1L << 34), 507, "image-no-space") })
        {
            using var answer = await BeginAsync($"{bytes}", Metadata(("name", "a"), ("insecure", "true")));
            ((int)answer.StatusCode, await TypeAsync(answer)).ShouldBe((status, type));
        }

        // What others were promised is not there any more; what they have sent is counted once.
        await BegunAsync(free * 2 / 3, "b");
        using (var second = await BeginAsync($"{free * 2 / 3}", Metadata(("name", "c"), ("insecure", "true")))) (await TypeAsync(second)).ShouldBe("image-no-space");
        // But not for ever, by a promise alone.
        Server.Clock.Advance(Warren.Server.Images.Uploads.UploadRow.Reserved);
        await BegunAsync(free * 2 / 3, "d");
        for (var i = 0; i < 18; i++) await BegunAsync(100, $"s{i}");
        using (var another = await BeginAsync("100", Metadata(("name", "c"), ("insecure", "true")))) (await TypeAsync(another)).ShouldBe("conflict");
        Files().Incoming.ShouldBeEmpty();
    }
}
