using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ImportTests : ImageServerTests
{
    private static ImportImageRequest From(Uri url, byte[] content, string name = "a") => new() { Name = name, Url = url.ToString(), Checksum = $"sha256:{Hash(content)}" };

    [Fact]
    public async Task A_url_with_its_checksum_becomes_an_image()
    {
        var content = await Qcow2Async();
        Web.Serve("/disk.img", content);
        var operation = await ImportAsync(new ImportImageRequest { Url = Web["/disk.img"].ToString(), Checksum = Hash(content), DefaultUser = "debian" });
        operation.Status.ShouldBe(OperationStatus.Succeeded, operation.Problem?.Detail);
        var image = (await ImageAsync("disk")).ShouldNotBeNull();
        (image.State, image.Format, image.Sha256, image.SizeBytes, image.VirtualSizeBytes).ShouldBe((ImageState.Ready, "qcow2", Hash(content), content.Length, 8 << 20));
        image.Verification.ShouldBe(new ImageVerification("given", "not-checked", false));
        image.DefaultUser.ShouldBe("debian");
        Files().ShouldSatisfyAllConditions(f => f.Contents.ShouldBe([Hash(content)]), f => f.Incoming.ShouldBeEmpty());
    }

    [Fact]
    public async Task The_same_content_is_kept_once_and_as_long_as_somebody_has_it()
    {
        var content = await Qcow2Async();
        Web.Serve("/a", content);
        await ImportAsync(From(Web["/a"], content));
        await ImportAsync(From(Web["/a"], content, "b"));
        Files().Contents.Length.ShouldBe(1);
        (await Server.EndAsync(await Server.DeleteAsync("images/a"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await ImageAsync("a")).ShouldBeNull();
        Files().Contents.Length.ShouldBe(1);
        await Server.EndAsync(await Server.DeleteAsync("images/b"));
        Files().Contents.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_checksum_it_takes_insecure_and_says_so()
    {
        Web.Serve("/a", await Qcow2Async());
        var (status, problem) = await RefusedAsync(new { name = "a", url = Web["/a"] });
        status.ShouldBe(400);
        problem.Errors!["checksum"].ShouldBe(["is required unless insecure is set"]);
        await ImportAsync(new ImportImageRequest { Name = "a", Url = Web["/a"].ToString(), Insecure = true });
        (await ImageAsync("a"))!.Verification.ShouldBe(new ImageVerification("none", "not-checked", true));
    }

    [Theory]
    [InlineData("backing", "image-format-refused", "/etc/passwd")]
    [InlineData("html", "image-format-refused", "HTML page")]
    [InlineData("truncated", "image-download-failed", "cut off")]
    [InlineData("checksum", "image-checksum-mismatch", "was given")]
    [InlineData("missing", "image-download-failed", "404")]
    [InlineData("redirect", "image-address-refused", "127.0.0.2")]
    public async Task Hostile_content_is_refused_and_leaves_nothing(string kind, string type, string says)
    {
        var content = kind switch
        {
            "backing" => await Qcow2Async("-u", "-b", "/etc/passwd", "-F", "raw"),
            "html" => "<!DOCTYPE html><html>Sign in to the hotel's network</html>"u8.ToArray(),
            _ => await Qcow2Async(),
        };
        Web.Serve("/a", content);
        if (kind == "missing") Web.Routes.TryRemove("/a", out _);
        if (kind == "redirect") Web.Routes["/a"] = c => { c.Response.Redirect($"http://127.0.0.2:{Web.Base.Port}/b"); return Task.CompletedTask; };
        using var cutting = new CuttingServer(content, 1000);
        var request = From(kind == "truncated" ? cutting.Url : Web["/a"], kind == "checksum" ? Bytes(10) : content) with { Format = kind == "html" ? "iso" : null };
        var operation = await ImportAsync(request);
        operation.Status.ShouldBe(OperationStatus.Failed);
        Type(operation).ShouldBe(type);
        operation.Problem!.Detail!.ShouldContain(says);
        var image = (await ImageAsync("a")).ShouldNotBeNull();
        (image.State, image.Problem!.Type).ShouldBe((ImageState.Failed, operation.Problem.Type));
        Files().ShouldSatisfyAllConditions(f => f.Contents.ShouldBeEmpty(), f => f.Incoming.ShouldBeEmpty());
    }

    [Theory]
    [InlineData("http://127.0.0.2/a", "image-address-refused")]
    [InlineData("http://localhost/a", "image-address-refused")]
    [InlineData("http://[::1]/a", "image-address-refused")]
    [InlineData("http://169.254.169.254/latest/meta-data", "image-address-refused")]
    [InlineData("file:///etc/passwd", "image-url-refused")]
    [InlineData("not a url", "image-url-refused")]
    public async Task Urls_that_lead_inside_are_refused_at_once(string url, string type)
    {
        var (status, problem) = await RefusedAsync(new { name = "a", url, insecure = true });
        (status, problem.Type.Split(':')[^1]).ShouldBe((400, type));
        (await ImageAsync("a")).ShouldBeNull();
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("\"")]
    [InlineData("")]
    public async Task Names_that_break_the_rule_are_refused(string name) =>
        (await RefusedAsync(new { name, url = Web["/a"], insecure = true })).Problem.Errors!.Keys.ShouldContain("name");

    [Fact]
    public async Task Exactly_one_source_is_needed_and_a_name_is_used_once()
    {
        (await RefusedAsync(new { name = "a" })).Problem.Errors!.Keys.ShouldContain("url");
        (await RefusedAsync(new { name = "a", url = "http://a/", recipe = "tiny" })).Problem.Errors!.Keys.ShouldContain("url");
        await Server.AddImageAsync("a");
        (await RefusedAsync(new { name = "a", url = Web["/a"], insecure = true })).Status.ShouldBe(409);
    }

    [Fact]
    public async Task A_cancelled_download_leaves_no_file_and_no_image()
    {
        var content = Bytes(1 << 20);
        Web.Routes["/slow"] = async c =>
        {
            c.Response.ContentLength = content.Length;
            await c.Response.Body.WriteAsync(content.AsMemory(0, 300_000));
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var operation = await Server.PostAsync("images", From(Web["/slow"], content));
        await Eventually.BecomesAsync(() => Task.FromResult(Files().Incoming.Any(f => new FileInfo(Path.Combine(f, "image")) is { Exists: true, Length: >= 300_000 })), "part of the file is here");
        await Server.PostAsync($"operations/{operation.Id}/cancel");
        (await Server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Cancelled);
        (await ImageAsync("a")).ShouldBeNull();
        Files().Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task Deleting_an_image_on_its_way_ends_its_download()
    {
        Web.Routes["/slow"] = async c =>
        {
            await c.Response.Body.WriteAsync(new byte[100_000]);
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var import = await Server.PostAsync("images", new ImportImageRequest { Name = "a", Url = Web["/slow"].ToString(), Insecure = true });
        await Eventually.BecomesAsync(() => Task.FromResult(Files().Incoming.Length > 0), "the download has begun");
        (await Server.EndAsync(await Server.DeleteAsync("images/a"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await Server.EndAsync(import)).Status.ShouldBe(OperationStatus.Cancelled);
        (await ImageAsync("a")).ShouldBeNull();
        Files().Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_that_machines_use_stays()
    {
        await Server.AddImageAsync("used");
        var machine = await Server.LaunchAsync(new LaunchRequest { Name = "m", Image = "used", MemoryMiB = 512, DiskGiB = 5 });
        using var answer = await Server.Client.DeleteAsync("images/used");
        ((int)answer.StatusCode).ShouldBe(409);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.ShouldSatisfyAllConditions(
            p => p.Type.ShouldEndWith(":in-use"), p => p.Detail!.ShouldContain(machine.Name));
        await Server.EndAsync(await Server.DeleteAsync("machines/m"));
        (await Server.EndAsync(await Server.DeleteAsync("images/used"))).Status.ShouldBe(OperationStatus.Succeeded);
        Files().Contents.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_of_an_allowed_folder_is_copied_and_no_other()
    {
        var content = await Qcow2Async();
        await File.WriteAllBytesAsync(Path.Combine(Allowed, "disk.qcow2"), content);
        await File.WriteAllBytesAsync(Path.Combine(Outside, "disk.qcow2"), content);
        File.CreateSymbolicLink(Path.Combine(Allowed, "link.qcow2"), Path.Combine(Outside, "disk.qcow2"));
        await Runner.RequireAsync(new("mkfifo", Path.Combine(Allowed, "pipe")));
        ImportImageRequest Path_(string path, string name) => new() { Name = name, Path = path, Checksum = Hash(content) };

        (await ImportAsync(Path_(Path.Combine(Allowed, "disk.qcow2"), "good"))).Status.ShouldBe(OperationStatus.Succeeded);
        File.Exists(Path.Combine(Allowed, "disk.qcow2")).ShouldBeTrue();
        foreach (var name in new[] { "link.qcow2", "pipe", "none" })
            Type(await ImportAsync(Path_(Path.Combine(Allowed, name), $"bad-{name}"))).ShouldBe("image-path-refused");
        foreach (var path in new[] { Allowed, Path.Combine(Outside, "disk.qcow2"), Path.Combine(Allowed, "../outside/disk.qcow2"), "disk.qcow2", "/etc/passwd" })
            (await RefusedAsync(Path_(path, "x"))).Problem.Type.ShouldEndWith("image-path-refused");
    }
}
