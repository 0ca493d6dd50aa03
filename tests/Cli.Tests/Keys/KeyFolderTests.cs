using Warren.Cli.Keys;
using Warren.Contracts;

namespace Cli.Tests.Keys;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class KeyFolderTests : IDisposable
{
    private readonly string _config = Directory.CreateTempSubdirectory("warren-keys-").FullName;

    public void Dispose() => Directory.Delete(_config, recursive: true);

    [Fact]
    public async Task A_private_key_is_its_owners_alone()
    {
        var folder = new KeyFolder(_config);
        using (var place = folder.Reserve("laptop")) await place.KeepAsync("PRIVATE", "ssh-ed25519 AAAA x", CancellationToken.None);
        File.GetUnixFileMode(folder.PathOf("laptop")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Path.Combine(_config, "keys")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.ReadAllText(folder.PathOf("laptop")).ShouldBe("PRIVATE\n");
        folder.PublicPart("laptop").ShouldBe("ssh-ed25519 AAAA x");
        folder.Names().ShouldBe(["laptop"]);
    }

    [Fact]
    public async Task An_existing_key_is_not_overwritten()
    {
        var folder = new KeyFolder(_config);
        using (var place = folder.Reserve("laptop")) await place.KeepAsync("FIRST", "ssh-ed25519 AAAA x", CancellationToken.None);
        Should.Throw<WarrenException>(() => folder.Reserve("laptop")).Message.ShouldContain("not overwritten");
        File.ReadAllText(folder.PathOf("laptop")).ShouldBe("FIRST\n");
    }

    [Fact]
    public void A_place_that_gets_no_key_is_given_back()
    {
        var folder = new KeyFolder(_config);
        folder.Reserve("laptop").Dispose();
        folder.Names().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("-i")]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("x.pub")]
    public void A_name_cannot_leave_the_folder(string name)
        => Should.Throw<WarrenException>(() => new KeyFolder(_config).PathOf(name)).Problem.Errors.ShouldNotBeNull();
}
