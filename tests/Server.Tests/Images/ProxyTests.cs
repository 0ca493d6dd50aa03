using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

public sealed class ProxyTests : ImageTestBase
{
    [Theory]
    [InlineData("socks5://")]
    [InlineData("socks5h://")]
    public async Task Names_are_resolved_by_the_proxy(string scheme)
    {
        Web.Serve("/a", "hello");
        using var socks = new SocksServer(Web.Base.Port);
        var options = Options;
        options.AllowPrivateAddresses = false;
        options.Proxy = socks.Url.Replace("socks5://", scheme, StringComparison.Ordinal);
        using var client = new DownloadClient(options);
        var bytes = await new Downloader(client, options, TimeProvider.System).ReadAsync(new Uri("http://images.example/a"), 100, default);
        bytes.ShouldBe("hello"u8.ToArray());
        socks.Asked.Single().ShouldBe((3, "images.example"));
    }

    [Fact]
    public async Task Literal_private_addresses_are_refused_before_the_proxy_hears_of_them()
    {
        using var socks = new SocksServer(Web.Base.Port);
        var options = Options;
        (options.AllowPrivateAddresses, options.Proxy) = (false, socks.Url);
        using var client = new DownloadClient(options);
        var downloader = new Downloader(client, options, TimeProvider.System);
        foreach (var url in new[] { "http://127.0.0.1/a", "http://[fd00::1]/a", "http://localhost/a" })
            (await Should.ThrowAsync<ImageException>(() => downloader.ReadAsync(new Uri(url), 100, default))).Code.ShouldBe(ImageErrors.AddressRefused);
        socks.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void A_proxy_of_another_kind_is_refused_without_repeating_its_password()
    {
        var options = Options;
        options.Proxy = "http://user:hunter2@proxy:3128";
        Should.Throw<ImageException>(() => new DownloadClient(options)).Message.ShouldNotContain("hunter2");
    }
}
