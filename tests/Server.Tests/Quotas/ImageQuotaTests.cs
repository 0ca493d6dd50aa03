using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Images;

namespace Warren.Server.Tests.Quotas;

/// <summary>Images whose size is known late, and uploads that become images: what they take is counted once, and never not at all.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ImageQuotaTests : ImageServerTests
{
    [Fact]
    public async Task Of_imports_whose_size_nobody_knew_those_that_are_too_much_fail_and_leave_nothing()
    {
        var content = await Qcow2Async();
        Web.Serve("/disk.img", content);
        await SetAsync(content.Length + 10);
        ImportImageRequest One(int number) => new() { Name = $"d{number}", Url = Web["/disk.img"].ToString(), Checksum = $"sha256:{Hash(content)}" };
        // All of them at once pass the first look: there is still room for one byte.
        var begun = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Server.Client.MakeAsync<Operation>("images", One(i))));
        var ended = await Task.WhenAll(begun.Select(Server.EndAsync));
        ended.Count(e => e.Status == OperationStatus.Succeeded).ShouldBe(1);
        ended.Where(e => e.Status == OperationStatus.Failed).ShouldAllBe(e => e.Problem!.Type == "urn:warren:problem:quota-exceeded");
        (await UsedAsync()).ShouldBe(content.Length);
    }

    [Fact]
    public async Task An_upload_counts_once_while_it_becomes_an_image_and_also_when_its_row_is_gone()
    {
        var content = await Qcow2Async();
        await SetAsync(content.Length * 2);
        using var request = new HttpRequestMessage(HttpMethod.Post, "uploads") { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new("application/offset+octet-stream");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", $"{content.Length}");
        request.Headers.Add("Upload-Metadata", $"name {Convert.ToBase64String("a"u8)},insecure {Convert.ToBase64String("true"u8)}");
        using var answer = await Server.Client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        (await UsedAsync()).ShouldBe(content.Length);
        using var forget = new HttpRequestMessage(HttpMethod.Delete, answer.Headers.Location!.ToString()["/api/v1/".Length..]);
        forget.Headers.Add("Tus-Resumable", "1.0.0");
        using (await Server.Client.SendAsync(forget)) { }
        (await UsedAsync()).ShouldBe(content.Length);
        var operation = (await Server.Client.GetFromJsonAsync<Page<Operation>>("operations?subject=a", WarrenJson.Options))!.Items.Single();
        (await Server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Succeeded);
        (await UsedAsync()).ShouldBe(content.Length);
    }

    private async Task SetAsync(long bytes)
    {
        using var answer = await Server.Client.PutAsJsonAsync("users/owner/limits", new Contracts.Quotas { ImageBytes = bytes }, WarrenJson.Options);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<long> UsedAsync() => (await Server.Client.ReadAsync<QuotaStanding>("users/owner/limits")).Used.ImageBytes;
}
