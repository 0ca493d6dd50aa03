using System.Net.Sockets;
using System.Text;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images.Uploads;

/// <summary>Uploads that break off: what has come stays, and the whole is what was sent.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class UploadCutTests : TusTestBase
{
    [Fact]
    public async Task An_upload_cut_at_every_tenth_goes_on_to_the_right_content()
    {
        await QemuImgAsync("create", "-q", "-f", "qcow2", "-o", "preallocation=full", At("big"), "8M");
        var content = await File.ReadAllBytesAsync(At("big"));
        System.Security.Cryptography.RandomNumberGenerator.Fill(content.AsSpan(content.Length / 2));
        var id = await BegunAsync(content.Length, checksum: Hash(content));
        var offset = 0L;
        for (var tenth = 1; tenth < 10; tenth++)
        {
            var sent = content.Length * tenth / 10;
            using (await BrokenOffAsync(id, offset, content, sent))
            {
                // Nobody waits for the connection to be found dead: who asks ends it, and is told what is there.
                var (status, here) = await LookAsync(id);
                status.ShouldBe(200);
                here!.Value.ShouldBeInRange(offset, sent);
                offset = here.Value;
            }
        }

        offset.ShouldBeGreaterThan(content.Length / 2, "most of what was sent was kept");
        using var last = await SendAsync(id, offset, content[(int)offset..]);
        // The second half is no qcow2 any more; its checksum is right.
        var ended = await ImportedAsync(last);
        (ended.Problem?.Type ?? "", ended.Status).ShouldNotBe(("urn:warren:problem:image-checksum-mismatch", OperationStatus.Failed));
    }

    [Fact]
    public async Task A_server_that_is_started_again_knows_how_far_it_was()
    {
        var content = await Qcow2Async();
        var data = Directory.CreateDirectory(At("data")).FullName;
        string id;
        await using (var before = await TestServer.StartAsync(data: data, settings: Settings))
        {
            Use(before);
            id = await BegunAsync(content.Length, checksum: Hash(content));
            using var part = await SendAsync(id, 0, content[..70_000]);
            ((int)part.StatusCode).ShouldBe(204);
        }

        await using var after = await TestServer.StartAsync(data: data, settings: Settings);
        Use(after);
        (await LookAsync(id)).Offset.ShouldBe(70_000);
        using var last = await SendAsync(id, 70_000, content[70_000..]);
        (await ImportedAsync(last)).Status.ShouldBe(OperationStatus.Succeeded);
        (await ImageAsync("a"))!.Sha256.ShouldBe(Hash(content));
    }

    [Fact]
    public async Task Of_two_who_send_at_once_the_later_one_goes_on()
    {
        var content = await Qcow2Async();
        var id = await BegunAsync(content.Length, checksum: Hash(content));
        using var first = await BrokenOffAsync(id, 0, content, 50_000);
        var (_, here) = await LookAsync(id);
        using var last = await SendAsync(id, here!.Value, content[(int)here.Value..]);
        (await ImportedAsync(last)).Status.ShouldBe(OperationStatus.Succeeded);
        var answer = new byte[200];
        var told = Encoding.ASCII.GetString(answer, 0, await first.GetStream().ReadAsync(answer));
        told.ShouldStartWith("HTTP/1.1 409");
    }

    /// <summary>A connection that has sent a part of what it said it would, once the server has begun to take it.</summary>
    private async Task<TcpClient> BrokenOffAsync(string id, long offset, byte[] content, int until)
    {
        var (client, url) = (new TcpClient(), new Uri(Server.Url));
        await client.ConnectAsync(url.Host, url.Port);
        var head = $"PATCH /api/v1/uploads/{id} HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {Server.Token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n"
            + $"Content-Type: application/offset+octet-stream\r\nContent-Length: {content.Length - offset}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        await client.GetStream().WriteAsync(content.AsMemory((int)offset, until - (int)offset));
        var file = Path.Combine(Server.Get<Warren.Server.Images.ImageStore>().Root, "incoming", id, "image");
        await Eventually.BecomesAsync(() => Task.FromResult(File.Exists(file) && new FileInfo(file).Length > offset), "a part has come");
        return client;
    }
}
