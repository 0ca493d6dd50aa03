using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Cli.Tests.Arguments;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("2h", 7200)]
    [InlineData("1h30m", 5400)]
    [InlineData("7d", 604800)]
    public void Durations_are_read(string text, int seconds) => Durations.Parse(text, "--ttl").TotalSeconds.ShouldBe(seconds);

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("m")]
    [InlineData("5 m")]
    [InlineData("-5m")]
    [InlineData("5w")]
    [InlineData("1h30")]
    [InlineData("99999999999999999999d")]
    [InlineData("9999999999d")]
    public void What_is_no_duration_is_refused_with_the_field(string text)
        => Should.Throw<WarrenException>(() => Durations.Parse(text, "--ttl")).Problem.Errors!.Keys.ShouldBe(["--ttl"]);
}
