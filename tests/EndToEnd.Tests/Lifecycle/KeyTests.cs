namespace EndToEnd.Tests.Lifecycle;

/// <summary>Keys that come later: each is proven by a login with that key and no other.</summary>
[Collection(LifecycleCollection.Name)]
public sealed class KeyTests(LifecycleBed bed)
{
    [Fact]
    [Trait("Length", "long")]
    public async Task Keys_go_into_a_running_machine_at_once_and_into_a_stopped_one_at_its_next_start()
    {
        foreach (var key in new[] { "first", "hot" }) await bed.Bed.Warren.RunAsync("keys", "create", key);
        await bed.Bed.Warren.RunAsync("keys", "create", "cold", "--type", "rsa4096");
        await bed.LaunchAsync("k", "--key", "first");
        await bed.Bed.Warren.RunAsync("wait", "k", "--for", "cloud-init");
        (await bed.LogInWithAsync("k", "first")).ShouldBe("k");
        (await bed.LogInWithAsync("k", "hot")).ShouldStartWith("refused");

        await bed.Bed.Warren.RunAsync("keys", "inject", "k", "hot");
        (await bed.LogInWithAsync("k", "hot")).ShouldBe("k");

        await bed.Bed.Warren.RunAsync("stop", "k");
        await bed.Bed.Warren.RunAsync("keys", "inject", "k", "cold");
        await bed.Bed.Warren.RunAsync("start", "k");
        await bed.Bed.Warren.RunAsync("wait", "k", "--for", "cloud-init");
        foreach (var key in new[] { "first", "hot", "cold" }) (await bed.LogInWithAsync("k", key)).ShouldBe("k", key);
        await bed.Bed.Warren.RunAsync("delete", "k");
    }

    [Fact]
    public async Task A_private_key_is_in_one_file_that_only_its_owner_reads()
    {
        var said = await bed.Bed.Warren.RunAsync("keys", "create", "mine", "--format", "json");
        var file = Path.Combine(bed.Bed.Warren.Config, "warren", "keys", "mine");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var secret = (await File.ReadAllLinesAsync(file))[1];
        said.ShouldNotContain(secret);
        foreach (var kept in Directory.EnumerateFiles(bed.Bed.Data, "warren.db*"))
            (await ReadSharedAsync(kept)).Contains(secret, StringComparison.Ordinal).ShouldBeFalse(kept);
    }

    private static async Task<string> ReadSharedAsync(string path)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
