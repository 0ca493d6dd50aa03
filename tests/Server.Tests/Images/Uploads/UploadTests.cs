using System.Globalization;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Images;
using Warren.Server.Images.Uploads;

namespace Warren.Server.Tests.Images.Uploads;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class UploadTests : TusTestBase
{
    [Fact]
    public async Task Pieces_become_an_image_that_is_larger_than_other_bodies_may_be()
    {
        await QemuImgAsync("create", "-q", "-f", "qcow2", "-o", "preallocation=full", At("big"), "8M");
        var content = await File.ReadAllBytesAsync(At("big"));
        using var begun = await BeginAsync($"{content.Length}", Metadata(("name", "a"), ("filename", "Ä disk.qcow2"), ("checksum", "sha256:" + Hash(content)), ("defaultUser", "me")), content[..1000]);
        begun.Headers.GetValues("Upload-Offset").ShouldBe(["1000"]);
        var id = begun.Headers.Location!.OriginalString.Split('/')[^1];
        using (var middle = await SendAsync(id, 1000, content[1000..3_000_000]))
            (middle.StatusCode, middle.Headers.GetValues("Upload-Offset").Single(), middle.Headers.Contains("Warren-Operation")).ShouldBe((System.Net.HttpStatusCode.NoContent, "3000000", false));
        var known = (await Server.Client.GetFromJsonAsync<Page<Upload>>("uploads", WarrenJson.Options))!.Items.ShouldHaveSingleItem();
        known.ShouldBe(new Upload(id, "a", "Ä disk.qcow2", content.Length, 3_000_000, known.CreatedAt, known.ExpiresAt) { Checksum = "sha256:" + Hash(content), DefaultUser = "me" });

        using var last = await SendAsync(id, 3_000_000, content[3_000_000..]);
        var ended = await ImportedAsync(last);
        ended.Status.ShouldBe(OperationStatus.Succeeded, ended.Problem?.Detail);
        var image = (await ImageAsync("a"))!;
        (image.State, image.Sha256, image.Source, image.DefaultUser).ShouldBe((ImageState.Ready, Hash(content), "upload", "me"));
        Files().Incoming.ShouldBeEmpty();
        // Whoever lost the last answer learns the same.
        (await LookAsync(id)).Offset.ShouldBe(content.Length);
        using var again = await SendAsync(id, content.Length, []);
        again.Headers.GetValues("Warren-Operation").ShouldBe([ended.Id]);
    }

    [Fact]
    public async Task A_wrong_checksum_fails_and_leaves_nothing()
    {
        var content = await Qcow2Async();
        using var last = await SendAsync(await BegunAsync(content.Length, checksum: Hash(Bytes(1))), 0, content);
        Type(await ImportedAsync(last)).ShouldBe("image-checksum-mismatch");
        Files().ShouldSatisfyAllConditions(f => f.Contents.ShouldBeEmpty(), f => f.Incoming.ShouldBeEmpty());
    }

    [Theory]
    [InlineData("100", "name=a", "checksum")]
    [InlineData("100", "name=../a,insecure=true", "name")]
    [InlineData("100", "insecure=true", "name")]
    [InlineData("100", "name=a,insecure=true,format=vmdk", "format")]
    [InlineData("100", "name=a,insecure=perhaps", "insecure")]
    [InlineData("100", "name=a,checksum=md5:00", "checksum")]
    [InlineData("100", "name=a,insecure=true,defaultUser=Root x", "defaultUser")]
    [InlineData("100", "name=a,insecure=true,path=/etc/passwd", "Upload-Metadata")]
    [InlineData("100", "name=a,name=b,insecure=true", "Upload-Metadata")]
    [InlineData("0", "name=a,insecure=true", "Upload-Length")]
    [InlineData("-1", "name=a,insecure=true", "Upload-Length")]
    [InlineData("99999999999999999999", "name=a,insecure=true", "Upload-Length")]
    [InlineData("", "name=a,insecure=true", "Upload-Length")]
    public async Task Broken_rules_are_named_and_nothing_is_kept(string length, string told, string field)
    {
        using var answer = await BeginAsync(length, Metadata([.. told.Split(',').Select(t => (t.Split('=')[0], t.Split('=')[1]))]));
        ((int)answer.StatusCode).ShouldBe(400);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldContain(field);
        Files().Incoming.ShouldBeEmpty();
        (await Server.Client.GetFromJsonAsync<Page<Upload>>("uploads", WarrenJson.Options))!.Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_protocol_s_rules_are_kept()
    {
        using (var options = await Server.Client.SendAsync(Request(HttpMethod.Options, "uploads", null)))
        {
            options.Headers.GetValues("Tus-Version").ShouldBe(["1.0.0"]);
            options.Headers.GetValues("Tus-Extension").Single().Split(',').ShouldBe(["creation", "creation-with-upload", "termination", "expiration"]);
            options.Headers.GetValues("Tus-Max-Size").Single().ShouldBe((64L << 30).ToString(CultureInfo.InvariantCulture));
        }

        var id = await BegunAsync(1000);
        using (var old = await Server.Client.SendAsync(Request(HttpMethod.Patch, $"uploads/{id}", "0.2.2")))
            ((int)old.StatusCode, old.Headers.GetValues("Tus-Version").Single(), old.Headers.GetValues("Tus-Resumable").Single()).ShouldBe((412, "1.0.0", "1.0.0"));
        using (var type = await SendAsync(id, 0, new byte[10], "application/octet-stream")) ((int)type.StatusCode).ShouldBe(415);
        using (var ahead = await SendAsync(id, 5, new byte[10])) ((int)ahead.StatusCode, ahead.Headers.GetValues("Tus-Resumable").Single()).ShouldBe((409, "1.0.0"));
        using (var first = await SendAsync(id, 0, new byte[400])) ((int)first.StatusCode).ShouldBe(204);
        using (var more = await SendAsync(id, 400, new byte[601])) ((int)more.StatusCode, await TypeAsync(more)).ShouldBe((413, "too-large"));
        using (var deferred = await BeginAsync("5", Metadata(("name", "b"), ("insecure", "true")), null, ("Upload-Defer-Length", "1"))) ((int)deferred.StatusCode).ShouldBe(400);
        using (var binary = await BeginAsync("5", "name !!,insecure dHJ1ZQ==")) ((int)binary.StatusCode).ShouldBe(400);
        (await LookAsync(id)).ShouldBe((200, 400L));
        (await LookAsync("nobody")).ShouldBe((404, null));
        (await LookAsync(id, "2.0.0")).Status.ShouldBe(412);
        using (var gone = await Server.Client.SendAsync(Request(HttpMethod.Delete, $"uploads/{id}"))) ((int)gone.StatusCode).ShouldBe(204);
        (await LookAsync(id)).Status.ShouldBe(404);
        Files().Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_is_kept_for_an_upload_and_free_again_when_it_is_given_up()
    {
        var id = await BegunAsync(1000);
        using (var second = await BeginAsync("10", Metadata(("name", "a"), ("insecure", "true")))) (await TypeAsync(second)).ShouldBe("name-taken");
        (await RefusedAsync(new ImportImageRequest { Name = "a", Url = "http://127.0.0.1:9/x", Insecure = true })).Status.ShouldBe(409);
        using (await Server.Client.SendAsync(Request(HttpMethod.Delete, $"uploads/{id}"))) await BegunAsync(10);
    }

    [Fact]
    public async Task An_upload_is_gone_on_with_in_its_own_project_only()
    {
        var id = await BegunAsync(1000);
        await using (var db = Server.Db()) await db.Uploads.ExecuteUpdateAsync(s => s.SetProperty(u => u.ProjectId, "another"));
        (await LookAsync(id)).Status.ShouldBe(404);
        using (var piece = await SendAsync(id, 0, new byte[1000])) ((int)piece.StatusCode).ShouldBe(404);
        (await Server.Client.GetFromJsonAsync<Page<Upload>>("uploads", WarrenJson.Options))!.Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_not_gone_on_with_for_a_day_is_given_up_and_what_is_gone_on_with_is_not()
    {
        var (left, kept) = (await BegunAsync(1000, "left"), await BegunAsync(1000, "kept"));
        using (await SendAsync(left, 0, new byte[10]))
        using (await SendAsync(kept, 0, new byte[10])) Server.Clock.Advance(UploadRow.Life - TimeSpan.FromMinutes(1));
        using (await SendAsync(kept, 10, new byte[10])) Server.Clock.Advance(TimeSpan.FromMinutes(2));
        foreach (var folder in Files().Incoming) Directory.SetLastWriteTimeUtc(folder, Server.Clock.GetUtcNow().UtcDateTime.AddHours(-1));
        await Server.Get<StoreCleaner>().SweepAsync(default);
        (await LookAsync(left)).Status.ShouldBe(404);
        (await LookAsync(kept)).Offset.ShouldBe(20);
        Files().Incoming.Select(Path.GetFileName).ShouldBe([kept]);
    }
}
