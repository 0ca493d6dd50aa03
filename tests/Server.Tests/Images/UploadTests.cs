using System.Net.Http.Headers;
using System.Net.Http.Json;
using Warren.Contracts;

namespace Warren.Server.Tests.Images;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class UploadTests : ImageServerTests
{
    private async Task<HttpResponseMessage> SendAsync(byte[] content, string query)
    {
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await Server.Client.PostAsync($"images/upload?{query}", body);
    }

    [Fact]
    public async Task Uploaded_bytes_become_an_image_larger_than_other_bodies_may_be()
    {
        await QemuImgAsync("create", "-q", "-f", "qcow2", "-o", "preallocation=full", At("big"), "8M");
        var content = await File.ReadAllBytesAsync(At("big"));
        using var answer = await SendAsync(content, $"name=a&checksum=sha256:{Hash(content)}&defaultUser=me");
        ((int)answer.StatusCode).ShouldBe(202, await answer.Content.ReadAsStringAsync());
        var ended = await Server.EndAsync((await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!);
        ended.Status.ShouldBe(OperationStatus.Succeeded, ended.Problem?.Detail);
        var image = (await ImageAsync("a"))!;
        (image.State, image.Sha256, image.Source, image.DefaultUser).ShouldBe((ImageState.Ready, Hash(content), "upload", "me"));
        Files().Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_checksum_fails_and_leaves_nothing()
    {
        using var answer = await SendAsync(await Qcow2Async(), $"name=a&checksum={Hash(Bytes(1))}");
        Type(await Server.EndAsync((await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!)).ShouldBe("image-checksum-mismatch");
        Files().ShouldSatisfyAllConditions(f => f.Contents.ShouldBeEmpty(), f => f.Incoming.ShouldBeEmpty());
    }

    [Theory]
    [InlineData("name=a", "checksum")]
    [InlineData("name=..%2Fa&insecure=true", "name")]
    [InlineData("name=a&insecure=true&format=vmdk", "format")]
    [InlineData("name=a&checksum=md5:00", "checksum")]
    [InlineData("name=a&insecure=true&defaultUser=Root%20x", "defaultUser")]
    public async Task Broken_rules_are_named_and_nothing_is_kept(string query, string field)
    {
        using var answer = await SendAsync(await Qcow2Async(), query);
        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldContain(field);
        Files().Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing()
    {
        using var client = new System.Net.Sockets.TcpClient();
        var url = new Uri(Server.Url);
        await client.ConnectAsync(url.Host, url.Port);
        var head = $"POST /api/v1/images/upload?name=a&insecure=true HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {Server.Token}\r\nContent-Type: application/octet-stream\r\nContent-Length: 900000\r\n\r\n";
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(head));
        await client.GetStream().WriteAsync(new byte[400_000]);
        await Hosting.Eventually.BecomesAsync(() => Task.FromResult(Files().Incoming.Length == 1), "the upload has begun");
        client.Client.Close(0);
        await Hosting.Eventually.BecomesAsync(() => Task.FromResult(Files().Incoming.Length == 0), "the upload is cleaned up");
        (await ImageAsync("a")).ShouldBeNull();
    }
}
