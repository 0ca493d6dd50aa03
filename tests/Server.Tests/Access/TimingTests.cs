using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Access;

/// <summary>Whether the time that an answer takes tells who exists. Judged by order, not by milliseconds: a busy machine makes both slower.</summary>
public sealed class TimingTests
{
    private static readonly int s_tries = Campaign.IsFull ? 400 : 20;

    [Theory]
    [Trait("Campaign", "yes")]
    [InlineData("ann", "nobody", "a name that exists and one that does not")]
    [InlineData("robot", "nobody", "one that cannot log in by a password and one that does not exist")]
    [InlineData("ann", "gone", "one that was disabled and one that was not")]
    public async Task How_long_a_wrong_password_takes_tells_nothing(string one, string other, string what)
    {
        await using var server = await TestServer.StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=100000"]);
        using var ann = await server.SignUpAsync("ann");
        using var gone = await server.SignUpAsync("gone");
        using (var disabled = await server.Client.PatchAsJsonAsync("users/gone", new EditUserRequest { Disabled = true }, WarrenJson.Options)) disabled.StatusCode.ShouldBe(HttpStatusCode.OK);
        using (await server.Client.PostAsync("users", new CreateUserRequest { Name = "robot", Kind = UserKind.Service })) { }
        using var browser = server.Browser();
        await TimeAsync(one);
        await TimeAsync(other);
        var (first, second) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < s_tries; i++)
        {
            // Neither is always the first of the two.
            if (i % 2 == 0) first.Add(await TimeAsync(one));
            second.Add(await TimeAsync(other));
            if (i % 2 == 1) first.Add(await TimeAsync(one));
        }

        // The chance that of one of each the first took longer (Mann and Whitney's U): a half where nothing can be told, 0 or 1 where all can.
        var longer = first.Sum(a => second.Sum(b => a > b ? 1.0 : a == b ? 0.5 : 0)) / (s_tries * (double)s_tries);
        Campaign.Say($"{what}: {Middle(first)} and {Middle(second)} ms, told apart by {longer:P0} (50 % is chance)");
        // Four standard deviations of what chance makes of so many; an answer without the hash is told from one with it always.
        var chance = 4 * Math.Sqrt(((2 * s_tries) + 1) / (12.0 * s_tries * s_tries));
        longer.ShouldBeInRange(0.5 - chance, 0.5 + chance, what);

        async Task<TimeSpan> TimeAsync(string name)
        {
            // No lock: that would be the answer to the one that is asked for.
            server.Clock.Advance(TimeSpan.FromHours(1));
            var began = Stopwatch.GetTimestamp();
            using var answer = await browser.LogInAsync(name, "not the password");
            var took = Stopwatch.GetElapsedTime(began);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            return took;
        }
    }

    private static string Middle(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2).TotalMilliseconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture);
}
