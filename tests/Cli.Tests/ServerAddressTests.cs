using Warren.Cli;
using Warren.Contracts;

namespace Cli.Tests;

public sealed class ServerAddressTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("warren-data-").FullName;
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

    public ServerAddressTests() => _variables["WARREN_DATA"] = _data;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void Without_anything_the_default_is_asked_without_a_token()
        => Find(null).ShouldBe(new ServerAddress(WarrenClient.DefaultServer, null));

    [Fact]
    public void The_server_of_this_machine_tells_its_address_and_token()
    {
        WriteLocal();
        Find(null).ShouldBe(new ServerAddress(new Uri("http://127.0.0.1:9001"), "wrn_local"));
    }

    [Fact]
    public void The_local_token_is_not_sent_to_another_server()
    {
        WriteLocal();
        Find("http://elsewhere.example:9001").Token.ShouldBeNull();
        Find("http://127.0.0.1:9002").Token.ShouldBeNull();
        Find("127.0.0.1:9001").Token.ShouldBe("wrn_local");
    }

    [Fact]
    public void An_option_beats_a_variable_and_a_variable_beats_the_file()
    {
        WriteLocal();
        _variables["WARREN_URL"] = "https://far.example";
        _variables["WARREN_TOKEN"] = "wrn_mine";
        Find(null).ShouldBe(new ServerAddress(new Uri("https://far.example"), "wrn_mine"));
        Find("http://near.example:1").ShouldBe(new ServerAddress(new Uri("http://near.example:1"), "wrn_mine"));
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("http://")]
    [InlineData("not an address")]
    public void What_is_no_address_is_refused(string text)
        => Should.Throw<WarrenException>(() => Find(text)).Problem.Errors!.Keys.ShouldBe(["--server"]);

    [Fact]
    public void A_damaged_file_is_told()
    {
        File.WriteAllText(Path.Combine(_data, "client.json"), "{");
        Should.Throw<WarrenException>(() => Find(null)).Message.ShouldContain("client.json is damaged");
    }

    private void WriteLocal() => File.WriteAllText(Path.Combine(_data, "client.json"), """{"url":"http://127.0.0.1:9001","token":"wrn_local"}""");

    private ServerAddress Find(string? option) => ServerAddress.Find(new Surroundings
    {
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        OpenOut = () => Stream.Null,
        OpenIn = () => TextReader.Null,
        Variable = name => _variables.GetValueOrDefault(name),
        Time = TimeProvider.System,
        Home = _data,
    }, option);
}
