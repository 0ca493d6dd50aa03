using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Warren.Contracts;
using Warren.Server.Images;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images;

/// <summary>
/// Every way that is known to have a server fetch what only it can reach, over the real API: none of them connects to the
/// listener that waits inside. Names are looked up in a table, as an attacker's name server would answer.
/// </summary>
public sealed class InsideTests(InsideTests.Place place) : IClassFixture<InsideTests.Place>
{
    [Theory]
    // Loopback, in every way that it can be written.
    [InlineData("http://127.0.0.1:PORT/")]
    [InlineData("http://127.1:PORT/")]
    [InlineData("http://127.0.1:PORT/")]
    [InlineData("http://127.8.9.10:PORT/")]
    [InlineData("http://2130706433:PORT/")]
    [InlineData("http://017700000001:PORT/")]
    [InlineData("http://0177.0.0.1:PORT/")]
    [InlineData("http://0177.0.0.01:PORT/")]
    [InlineData("http://0x7f000001:PORT/")]
    [InlineData("http://0x7f.0x0.0x0.0x1:PORT/")]
    [InlineData("http://0x7F.1:PORT/")]
    [InlineData("http://0:PORT/")]
    [InlineData("http://0.0.0.0:PORT/")]
    [InlineData("http://localhost:PORT/")]
    [InlineData("http://LOCALHOST.:PORT/")]
    [InlineData("http://any.localhost:PORT/")]
    [InlineData("http://127.0.0.1.:PORT/")]
    [InlineData("http://①②⑦.⓪.⓪.①:PORT/")]
    [InlineData("http://１２７.0.0.1:PORT/")]
    [InlineData("http://127。0。0。1:PORT/")]
    [InlineData("http://[::1]:PORT/")]
    [InlineData("http://[::]:PORT/")]
    [InlineData("http://[0:0:0:0:0:0:0:1]:PORT/")]
    [InlineData("http://[::ffff:127.0.0.1]:PORT/")]
    [InlineData("http://[::ffff:7f00:1]:PORT/")]
    [InlineData("http://[::127.0.0.1]:PORT/")]
    [InlineData("http://[::1%25lo]:PORT/")]
    [InlineData("http://[64:ff9b::7f00:1]:PORT/")]
    [InlineData("http://[2002:7f00:1::]:PORT/")]
    // Private, link-local and other addresses of inside.
    [InlineData("http://10.0.0.1/")]
    [InlineData("http://172.16.0.1/")]
    [InlineData("http://192.168.1.1/")]
    [InlineData("http://100.64.0.1/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fd00:ec2::254]/latest/meta-data/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://[fc00::1]/")]
    [InlineData("http://3232235777/")]
    [InlineData("http://0xa9fea9fe/")]
    [InlineData("http://0251.0376.0251.0376/")]
    [InlineData("http://224.0.0.1/")]
    [InlineData("http://255.255.255.255/")]
    // Names that lead there.
    [InlineData("http://loopback.example:PORT/")]
    [InlineData("http://LOOPBACK.example.:PORT/")]
    [InlineData("http://loopback6.example:PORT/")]
    [InlineData("http://private.example:PORT/")]
    [InlineData("http://metadata.example/")]
    [InlineData("http://mapped.example:PORT/")]
    [InlineData("http://nat64.example:PORT/")]
    [InlineData("http://many.example:PORT/")]
    // Something else than HTTP, and who else than the host one may seem to ask.
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1:PORT/")]
    [InlineData("gopher://127.0.0.1:PORT/")]
    [InlineData("http://this.is.the.allowed.one@127.0.0.1:PORT/")]
    [InlineData("http://this.is.the.allowed.one:x@127.0.0.1:PORT/")]
    [InlineData("http://127.0.0.1:PORT#@this.is.the.allowed.one/")]
    [InlineData("http://127.0.0.1:PORT\\@this.is.the.allowed.one/")]
    [InlineData("//127.0.0.1:PORT/")]
    [InlineData(" http://127.0.0.1:PORT/")]
    [InlineData("http:127.0.0.1:PORT/")]
    public async Task Nothing_inside_is_reached(string url)
    {
        await ShouldBeRefusedAsync(url.Replace("PORT", place.Port, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://127.0.0.1:PORT/")]
    [InlineData("http://2130706433:PORT/")]
    [InlineData("http://[::1]:PORT/")]
    [InlineData("http://[::ffff:127.0.0.1]:PORT/")]
    [InlineData("http://loopback.example:PORT/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("//127.0.0.1:PORT/")]
    [InlineData("file:///etc/passwd")]
    public async Task A_redirect_leads_nowhere_inside(string to)
    {
        var before = place.Outside.Requests.Count;
        place.Outside.Routes["/go"] = http =>
        {
            http.Response.StatusCode = 302;
            http.Response.Headers.Location = to.Replace("PORT", place.Port, StringComparison.Ordinal);
            return Task.CompletedTask;
        };
        await ShouldBeRefusedAsync($"http://this.is.the.allowed.one:{place.Outside.Base.Port}/go");
        place.Outside.Requests.Count.ShouldBe(before + 1, "the redirect itself was looked at");
    }

    [Fact]
    public async Task A_name_that_changes_its_mind_gains_nothing()
    {
        // The first answer is refused by its own; asked again, the name leads inside.
        for (var i = 1; i < 4; i++)
        {
            await ShouldBeRefusedAsync($"http://rebinding.example:{place.Port}/");
            place.Asked["rebinding.example"].ShouldBe(i, "what is judged is what would be connected to: nobody asks twice");
        }
    }

    [Fact]
    public async Task What_an_administrator_allowed_is_reached_and_nothing_beside_it()
    {
        var before = place.Outside.Requests.Count;
        place.Outside.Serve("/a", "not a disk");
        (await ImportAsync($"http://this.is.the.allowed.one:{place.Outside.Base.Port}/a")).Type.ShouldEndWith("image-format-refused");
        place.Outside.Requests.Count.ShouldBe(before + 1);
        await ShouldBeRefusedAsync($"http://neighbour.this.is.the.allowed.one:{place.Port}/");
    }

    private async Task ShouldBeRefusedAsync(string url)
    {
        var problem = await ImportAsync(url);
        place.Reached.ShouldBe(0, $"{url} came through: {problem.Detail}");
        // Where letters of other scripts are no numbers to the system, they are a name that leads nowhere.
        if (problem.Type.EndsWith("image-download-failed", StringComparison.Ordinal)) problem.Detail!.ShouldContain("not known");
        else problem.Type.Split(':')[^1].ShouldBeOneOf(["image-address-refused", "image-url-refused"], problem.Detail);
    }

    /// <summary>Asks for the download; the refusal, at once or of the operation.</summary>
    private async Task<Problem> ImportAsync(string url)
    {
        using var answer = await place.Server.Client.PostAsJsonAsync("images", new ImportImageRequest { Name = "n" + Guid.NewGuid().ToString("n"), Url = url, Insecure = true }, WarrenJson.Options);
        if (answer.StatusCode == HttpStatusCode.BadRequest) return (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!;
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var operation = await place.Server.EndAsync((await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!);
        operation.Status.ShouldBe(OperationStatus.Failed);
        return operation.Problem!;
    }

    /// <summary>A server, what lies inside, and a web server that an administrator allowed.</summary>
    public sealed class Place : IAsyncLifetime
    {
        /// <summary>What an attacker's names lead to. Where there are two lists, the second is the answer from the second time on.</summary>
        private static readonly Dictionary<string, string[][]> s_names = new(StringComparer.Ordinal)
        {
            ["loopback.example"] = [["127.0.0.1"]],
            ["loopback6.example"] = [["::1"]],
            ["private.example"] = [["10.0.0.5"]],
            ["metadata.example"] = [["169.254.169.254"]],
            ["mapped.example"] = [["::ffff:127.0.0.1"]],
            ["nat64.example"] = [["64:ff9b::7f00:1"]],
            ["many.example"] = [["127.0.0.1", "192.168.0.1", "::1"]],
            ["rebinding.example"] = [["198.51.100.1"], ["127.0.0.1"]],
            ["this.is.the.allowed.one"] = [["127.0.0.1"]],
            ["neighbour.this.is.the.allowed.one"] = [["127.0.0.1"]],
        };

        private readonly TcpListener _inside = new(IPAddress.Loopback, 0);
        private TcpListener _inside6 = null!;
        private Task[] _waiting = [];
        private int _reached;

        /// <summary>How often each name was looked up.</summary>
        public Dictionary<string, int> Asked { get; } = new(StringComparer.Ordinal);

        public LocalWeb Outside { get; private set; } = null!;

        internal TestServer Server { get; private set; } = null!;

        /// <summary>Connections to what lies inside.</summary>
        public int Reached => Volatile.Read(ref _reached);

        public string Port => Number.ToString(CultureInfo.InvariantCulture);

        private int Number => ((IPEndPoint)_inside.LocalEndpoint).Port;

        public async ValueTask InitializeAsync()
        {
            _inside.Start();
            _inside6 = new TcpListener(IPAddress.IPv6Loopback, Number);
            _inside6.Start();
            _waiting = [CountAsync(_inside), CountAsync(_inside6)];
            Outside = await LocalWeb.StartAsync();
            Server = await TestServer.StartAsync(settings: ["Images:AllowedHosts:0=this.is.the.allowed.one", "Images:RetryDelay=00:00:00.01"],
                services: s => s.Replace(ServiceDescriptor.Singleton(p => new DownloadClient(p.GetRequiredService<ImageOptions>(), LookUpAsync))));
        }

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            await Outside.DisposeAsync();
            _inside.Dispose();
            _inside6.Dispose();
            await Task.WhenAll(_waiting);
        }

        private Task<IPAddress[]> LookUpAsync(string host, CancellationToken cancellation)
        {
            var name = host.TrimEnd('.').ToLowerInvariant();
            // A number in letters of another script is one to the system, too.
            if (IPAddress.TryParse(new IdnMapping().GetAscii(name), out var number)) return Task.FromResult<IPAddress[]>([number]);
            if (!s_names.TryGetValue(name, out var answers)) throw new SocketException((int)SocketError.HostNotFound);
            var time = Asked[name] = Asked.GetValueOrDefault(name) + 1;
            return Task.FromResult(answers[Math.Min(time, answers.Length) - 1].Select(IPAddress.Parse).ToArray());
        }

        private async Task CountAsync(TcpListener at)
        {
            try
            {
                while (true)
                {
                    using var socket = await at.AcceptSocketAsync();
                    Interlocked.Increment(ref _reached);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Stopped.
            }
        }
    }
}
