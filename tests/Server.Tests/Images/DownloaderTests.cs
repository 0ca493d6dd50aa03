using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DownloaderTests : ImageTestBase
{
    private readonly byte[] content = Bytes(1_000_000);

    private string Target => At("file");

    private async Task<DownloadResult> Get(string path, ImageOptions? options = null, Action<DownloadProgress>? progress = null, long maximum = long.MaxValue, CancellationToken cancellation = default)
    {
        options ??= Options;
        using var client = new DownloadClient(options);
        var sink = new Sink(progress ?? (_ => { }));
        return await new Downloader(client, options, TimeProvider.System)
            .DownloadAsync(new DownloadRequest(Web[path], Target) { Sha512 = true, MaximumBytes = maximum }, sink, cancellation);
    }

    private sealed class Sink(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }

    [Fact]
    public async Task Hashes_what_it_stores_and_reports_progress()
    {
        Web.Serve("/a", content);
        var seen = new List<DownloadProgress>();
        var result = await Get("/a", progress: seen.Add);
        result.Sha256.ShouldBe(Hash(content));
        result.Sha512.ShouldBe(Convert.ToHexStringLower(SHA512.HashData(content)));
        (await File.ReadAllBytesAsync(Target)).ShouldBe(content);
        seen[^1].Percent.ShouldBe(100);
        seen.Count.ShouldBeGreaterThan(3);
        File.GetUnixFileMode(Target).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Sends_nothing_that_identifies()
    {
        Web.Serve("/a", content);
        using var activity = new System.Diagnostics.Activity("test").Start();
        await Get("/a");
        Web.Requests.Single().Headers.Keys.ShouldBe(["Host", "Accept-Encoding"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_body_cut_short_is_fetched_on_with_a_range()
    {
        var cuts = 0;
        Web.Routes["/cut"] = async context =>
        {
            if (Interlocked.Increment(ref cuts) > 2)
            {
                await Results.Bytes(content, entityTag: new("\"v1\""), enableRangeProcessing: true).ExecuteAsync(context);
                return;
            }

            var start = RangeStart(context);
            context.Response.StatusCode = start > 0 ? 206 : 200;
            context.Response.Headers.ETag = "\"v1\"";
            if (start > 0) context.Response.Headers.ContentRange = $"bytes {start}-{content.Length - 1}/{content.Length}";
            context.Response.ContentLength = content.Length - start;
            await context.Response.Body.WriteAsync(content.AsMemory(start, 300_000));
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        (await Get("/cut")).Sha256.ShouldBe(Hash(content));
        cuts.ShouldBe(3);
        Web.Requests.Last().Headers["Range"].ShouldStartWith("bytes=");
        Web.Requests.Last().Headers["If-Range"].ShouldBe("\"v1\"");
    }

    [Fact]
    public async Task A_server_that_always_cuts_short_is_given_up()
    {
        using var server = new CuttingServer(content, 1000);
        var failure = await Should.ThrowAsync<ImageException>(() => Get(server.Url.ToString()));
        failure.Message.ShouldContain("cut off after 1000 of 1000000 bytes");
        failure.Code.ShouldBe(ImageErrors.DownloadFailed);
        server.Requests.ShouldBeInRange(5, 6);
    }

    [Fact]
    public async Task A_download_goes_on_in_a_new_process_where_it_was()
    {
        Web.Serve("/a", content);
        using var cancel = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => Get("/a", progress: p => { if (p.Bytes > 300_000) cancel.Cancel(); }, cancellation: cancel.Token));
        var partial = new FileInfo(Target).Length;
        partial.ShouldBeInRange(300_000, 999_999);
        Web.Requests.Clear();
        (await Get("/a")).Sha256.ShouldBe(Hash(content));
        Web.Requests.Single().Headers["Range"].ShouldBe($"bytes={partial}-");
    }

    [Fact]
    public async Task Bytes_beyond_the_last_checkpoint_are_not_trusted()
    {
        Web.Serve("/a", content);
        using var cancel = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => Get("/a", progress: p => { if (p.Bytes > 300_000) cancel.Cancel(); }, cancellation: cancel.Token));
        await using (var file = new FileStream(Target, FileMode.Append)) await file.WriteAsync(new byte[5000]);
        (await Get("/a")).Sha256.ShouldBe(Hash(content));
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_is_started_over()
    {
        Web.Serve("/a", content);
        using var cancel = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => Get("/a", progress: p => { if (p.Bytes > 300_000) cancel.Cancel(); }, cancellation: cancel.Token));
        var newer = Bytes(700_000);
        Web.Serve("/a", newer, "\"v2\"");
        (await Get("/a")).Sha256.ShouldBe(Hash(newer));
    }

    [Fact]
    public async Task A_part_that_was_not_asked_for_is_not_appended()
    {
        Web.Serve("/a", content);
        using var cancel = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => Get("/a", progress: p => { if (p.Bytes > 300_000) cancel.Cancel(); }, cancellation: cancel.Token));
        var lies = 0;
        Web.Routes["/a"] = async context =>
        {
            if (RangeStart(context) == 0 || Interlocked.Increment(ref lies) > 1)
            {
                await Results.Bytes(content, entityTag: new("\"v1\""), enableRangeProcessing: true).ExecuteAsync(context);
                return;
            }

            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes 0-9/{content.Length}";
            await context.Response.Body.WriteAsync(new byte[10]);
        };
        (await Get("/a")).Sha256.ShouldBe(Hash(content));
        lies.ShouldBe(1);
    }

    [Fact]
    public async Task A_finished_download_is_not_fetched_again()
    {
        Web.Serve("/a", content);
        await Get("/a");
        (await Get("/a")).Sha256.ShouldBe(Hash(content));
        Web.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_stalled_server_is_given_up()
    {
        Web.Routes["/slow"] = async context =>
        {
            context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content.AsMemory(0, 1000));
            await context.Response.Body.FlushAsync();
            await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var options = Options;
        (options.StallTimeout, options.Attempts) = (TimeSpan.FromMilliseconds(300), 2);
        (await Should.ThrowAsync<ImageException>(() => Get("/slow", options))).Message.ShouldContain("sent nothing");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_larger_than_the_maximum_is_refused(bool saysItsLength)
    {
        Web.Routes["/big"] = async context =>
        {
            if (saysItsLength) context.Response.ContentLength = content.Length;
            await context.Response.Body.WriteAsync(content);
        };
        (await Should.ThrowAsync<ImageException>(() => Get("/big", maximum: 500_000))).Code.ShouldBe(ImageErrors.TooLarge);
    }

    [Fact]
    public async Task A_missing_file_fails_at_once_and_a_busy_server_is_tried_again()
    {
        (await Should.ThrowAsync<ImageException>(() => Get("/none"))).Message.ShouldContain("404");
        Web.Requests.Count.ShouldBe(1);
        var calls = 0;
        Web.Routes["/busy"] = context =>
        {
            if (Interlocked.Increment(ref calls) < 3) context.Response.StatusCode = 503;
            return calls < 3 ? Task.CompletedTask : context.Response.Body.WriteAsync(content).AsTask();
        };
        (await Get("/busy")).Bytes.ShouldBe(content.Length);
    }

    [Fact]
    public async Task Redirects_are_followed_a_few_times()
    {
        Web.Serve("/a", content);
        Web.Routes["/r"] = context => { context.Response.Redirect("/a"); return Task.CompletedTask; };
        Web.Routes["/loop"] = context => { context.Response.Redirect("/loop"); return Task.CompletedTask; };
        (await Get("/r")).FinalUrl.ShouldBe(Web["/a"]);
        File.Delete(Target + ".json");
        (await Should.ThrowAsync<ImageException>(() => Get("/loop"))).Message.ShouldContain("redirects more than");
    }

    [Fact]
    public async Task Loopback_is_refused_unless_allowed_also_behind_a_redirect_or_a_name()
    {
        Web.Serve("/a", content);
        var closed = Options;
        closed.AllowPrivateAddresses = false;
        (await Should.ThrowAsync<ImageException>(() => Get("/a", closed))).Code.ShouldBe(ImageErrors.AddressRefused);

        // The first host is allowed by name; the redirect leads to another loopback address.
        Web.Routes["/r"] = context => { context.Response.Redirect($"http://127.0.0.2:{Web.Base.Port}/a"); return Task.CompletedTask; };
        closed.AllowedHosts = ["127.0.0.1"];
        (await Should.ThrowAsync<ImageException>(() => Get("/r", closed))).Code.ShouldBe(ImageErrors.AddressRefused);
        Web.Requests.Count.ShouldBe(1);

        // A name is judged by the address that is connected to: this machine's own name leads to no public one.
        (await Should.ThrowAsync<ImageException>(() => Get($"http://{Environment.MachineName}:{Web.Base.Port}/a", closed))).Code.ShouldBe(ImageErrors.AddressRefused);
        Web.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Bytes_that_do_not_fit_on_the_disk_are_refused_before_they_are_written()
    {
        Web.Serve("/a", content);
        var options = Options;
        options.ReservedFreeBytes = long.MaxValue / 4;
        (await Should.ThrowAsync<ImageException>(() => Get("/a", options))).Code.ShouldBe(ImageErrors.NoSpace);
        new FileInfo(Target).Length.ShouldBe(0);
    }

    private static int RangeStart(HttpContext context) =>
        context.Request.GetTypedHeaders().Range?.Ranges.Single().From is { } from ? (int)from : 0;
}
