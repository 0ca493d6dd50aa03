using System.Net;
using System.Net.Http.Json;
using System.Text;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>The second factor: RFC 6238's own examples, and logging in with it.</summary>
public sealed class SecondFactorTests
{
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_RFC(long seconds, string code)
        => Totp.CodeOf(Encoding.ASCII.GetBytes("12345678901234567890"), Totp.StepOf(DateTimeOffset.FromUnixTimeSeconds(seconds))).ShouldBe(code);

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32_is_that_of_the_RFC(string text, string encoded) => Totp.ToBase32(Encoding.ASCII.GetBytes(text)).ShouldBe(encoded);

    [Fact]
    public async Task A_code_opens_once_and_a_recovery_code_stands_in_once()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        var (secret, recovery) = await EnableAsync(server, ann);
        recovery.Distinct(StringComparer.Ordinal).Count().ShouldBe(10);
        using var browser = server.Browser();
        var challenge = await ChallengeAsync(browser);
        (await browser.GetAsync("session")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        // The code that confirmed it was used, and so is worth nothing.
        (await FinishAsync(browser, challenge, CodeNow(server, secret))).ShouldBe(401);
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = CodeNow(server, secret);
        (await FinishAsync(browser, challenge, code)).ShouldBe(200);
        (await browser.ReadAsync<Session>("session")).User.ShouldBe("ann");
        (await FinishAsync(browser, challenge, code)).ShouldBe(401);
        (await FinishAsync(server.Browser(), await ChallengeAsync(browser), code)).ShouldBe(401);

        (await FinishAsync(server.Browser(), await ChallengeAsync(browser), recovery[3])).ShouldBe(200);
        (await FinishAsync(server.Browser(), await ChallengeAsync(browser), recovery[3])).ShouldBe(401);
        (await ann.ReadAsync<Account>("account")).RecoveryCodes.ShouldBe(9);

        // A link that an administrator gave opens no more than a password does.
        var link = await server.Client.MakeAsync<LoginLink>("users/ann/login-links", new { });
        (await server.Browser().PostAsync("session", new LoginRequest(link.Url.Split('#')[1])).RefusalAsync()).ShouldBe("401 second-factor-required");
        (await server.Client.DeleteAsync("users/ann/second-factor")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await browser.LogInAsync("ann", People.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Codes_cannot_be_tried_out()
    {
        await using var server = await OpenAsync("Access:FailuresPerName=4");
        using var ann = await server.SignUpAsync("ann");
        var (secret, _) = await EnableAsync(server, ann);
        server.Clock.Advance(TimeSpan.FromSeconds(60));
        var challenge = await ChallengeAsync(ann);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => FinishAsync(server.Browser(), challenge, "wrong")));
        answers.Count(a => a == 401).ShouldBe(4);
        answers.Count(a => a == 429).ShouldBe(6);
        (await FinishAsync(server.Browser(), await ChallengeAsync(ann), CodeNow(server, secret))).ShouldBe(429);
        server.Clock.Advance(TimeSpan.FromMinutes(16));
        (await FinishAsync(server.Browser(), await ChallengeAsync(ann), CodeNow(server, secret))).ShouldBe(200);
    }

    [Fact]
    public async Task It_is_removed_with_a_code_only()
    {
        await using var server = await OpenAsync();
        using var ann = await server.SignUpAsync("ann");
        var (_, recovery) = await EnableAsync(server, ann);
        (await ann.PostAsync("account/second-factor/remove", new CodeRequest("000000")).RefusalAsync()).ShouldBe("400 validation");
        using (var removed = await ann.PostAsync("account/second-factor/remove", new CodeRequest(recovery[0].ToUpperInvariant()))) removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.Browser().LogInAsync("ann", People.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static Task<TestServer> OpenAsync(params string[] settings) => TestServer.StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=1000", .. settings]);

    private static async Task<(byte[] Secret, IReadOnlyList<string> Recovery)> EnableAsync(TestServer server, HttpClient browser)
    {
        (await browser.PostAsync("account/second-factor", new BeginSecondFactorRequest()).RefusalAsync()).ShouldBe("400 validation");
        var made = await browser.MakeAsync<SecondFactorSecret>("account/second-factor", new BeginSecondFactorRequest { Current = People.Password });
        made.Uri.ShouldContain($"secret={made.Secret}");
        var secret = FromBase32(made.Secret);
        return (secret, (await browser.MakeAsync<RecoveryCodes>("account/second-factor/confirm", new CodeRequest(CodeNow(server, secret)))).Codes);
    }

    private static async Task<string> ChallengeAsync(HttpClient browser)
    {
        using var answer = await browser.LogInAsync("ann", People.Password);
        var problem = (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!;
        problem.Type.ShouldBe("urn:warren:problem:second-factor-required");
        return problem.Challenge!;
    }

    private static async Task<int> FinishAsync(HttpClient browser, string challenge, string code)
    {
        using var answer = await browser.PostAsync("session/second-factor", new SecondFactorRequest(challenge, code));
        return (int)answer.StatusCode;
    }

    private static string CodeNow(TestServer server, byte[] secret) => Totp.CodeOf(secret, Totp.StepOf(server.Clock.GetUtcNow()));

    private static byte[] FromBase32(string text)
    {
        var (bytes, bits, held) = (new List<byte>(), 0, 0);
        foreach (var one in text)
        {
            (bits, held) = ((bits << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(one, StringComparison.Ordinal), held + 5);
            if (held < 8) continue;
            held -= 8;
            bytes.Add((byte)(bits >> held));
            bits &= (1 << held) - 1;
        }

        return [.. bytes];
    }
}
