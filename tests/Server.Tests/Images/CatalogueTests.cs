using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

public sealed class CatalogueTests
{
    private const string Good = """
        images:
          - name: debian-13
            title: Debian 13
            aliases: [trixie]
            defaultUser: debian
            minimumMemoryMiB: 512
            defaultMemoryMiB: 1024
            minimumDiskGiB: 5
            approximateMiB: 340
            format: qcow2
            folder: https://cloud.debian.org/images/cloud/trixie/latest/
            image: 'debian-13-genericcloud-amd64\.qcow2'
            imageFrom: checksums
            checksums: { name: SHA512SUMS }
            signature: { kind: none }
        """;

    private static string Shipped => Path.Combine(RepositoryRoot(), "images", "catalogue.yaml");

    internal static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Warren.slnx"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    [Fact]
    public void The_shipped_catalogue_is_sound_and_complete()
    {
        var catalogue = Catalogue.Load(Shipped);
        string[] expected = ["ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04", "debian-12-cloud", "debian-13", "fedora", "arch", "alpine"];
        catalogue.Images.Select(i => i.Name).ShouldBe(expected, ignoreOrder: true);
        catalogue.Find("Noble")!.Name.ShouldBe("ubuntu-24.04");
        foreach (var image in catalogue.Images)
        {
            image.Folder.ShouldStartWith("https://");
            if (image.Keys is { } keys) keys.Fingerprints.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public void A_sound_entry_is_read()
    {
        var image = Catalogue.Parse("c.yaml", Good).Find("trixie").ShouldNotBeNull();
        image.DefaultUser.ShouldBe("debian");
        image.Signature.ShouldBe(SignatureKind.None);
        image.Keys.ShouldBeNull();
    }

    [Theory]
    [InlineData("    title: Debian 13\n", "", "c.yaml(2): title: is missing")]
    [InlineData("format: qcow2\n", "format: qcow2\n    colour: red\n", "c.yaml(11): colour: is not a field known here")]
    [InlineData("minimumMemoryMiB: 512", "minimumMemoryMiB: lots", "c.yaml(6): minimumMemoryMiB: must be a number")]
    [InlineData("defaultMemoryMiB: 1024", "defaultMemoryMiB: 128", "c.yaml(7): defaultMemoryMiB: is less")]
    [InlineData("format: qcow2", "format: vmdk", "c.yaml(10): format: must be one of")]
    [InlineData("https://cloud", "file://cloud", "c.yaml(11): folder: must be an http or https URL")]
    [InlineData("latest/", "latest", "must end with a slash")]
    [InlineData("latest/", "{release}/", "{release} is known only with releases")]
    [InlineData(@"amd64\.qcow2'", "amd64(['", "c.yaml(12): image: is not a usable pattern")]
    [InlineData("{ name: SHA512SUMS }", "{ }", "exactly one of name and pattern")]
    [InlineData("SHA512SUMS", "'{image}.sha512'", "only with imageFrom: listing")]
    [InlineData("kind: none", "kind: pgp", "c.yaml(15): kind: must be one of")]
    [InlineData("kind: none", "kind: checksums", "name: is missing")]
    [InlineData("kind: none", "kind: clearsigned", "keys: is missing")]
    [InlineData("kind: none", "kind: clearsigned, keys: { keyrings: [a], remedy: b, fingerprints: [zz] }", "zz is not 40")]
    [InlineData("kind: none", "kind: clearsigned, keys: { keyrings: [a], remedy: b, url: 'https://a/' }", "needs fingerprints")]
    [InlineData("[trixie]", "[debian-13]", "c.yaml(2): name: debian-13 is used twice")]
    [InlineData("name: debian-13", "name: ../x", "c.yaml(2): name: ../x must be")]
    [InlineData("[trixie]", "[trixie", "c.yaml(")]
    public void A_mistake_is_named_with_its_line(string from, string to, string message)
    {
        Good.ShouldContain(from);
        var mistake = Should.Throw<YamlMistakeException>(() => Catalogue.Parse("c.yaml", Good.Replace(from, to, StringComparison.Ordinal)));
        mistake.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("Fedora-44-1.9", "Fedora-44-1.10")]
    [InlineData("3.9.20-r0", "3.24.1-r0")]
    [InlineData("a-09", "a-10")]
    [InlineData("43", "44")]
    [InlineData("a", "a-1")]
    public void Versions_are_compared_as_numbers(string older, string newer)
    {
        DirectoryListing.Newest([newer, older]).ShouldBe(newer);
        DirectoryListing.Newest([older, newer]).ShouldBe(newer);
    }

    [Fact]
    public void A_listing_gives_only_what_is_inside_the_folder()
    {
        const string html = """
            <a href="../">up</a> <a href='?C=M'>sort</a> <A HREF="/images/latest/inside.qcow2">x</A> <a href=plain>p</a> <a href="44/">44</a>
            <a href="https://evil.example/images/latest/x">e</a> <a href="sub/deep">d</a> <a href="a%2Fb">s</a> <a href="/etc/passwd">p</a> <a href="%2e%2e/x">u</a> <a href="b&amp;c">amp</a>
            """;
        DirectoryListing.Parse(new Uri("https://mirror.example/images/latest/"), System.Text.Encoding.UTF8.GetBytes(html)).ShouldBe(["inside.qcow2", "plain", "44/", "b&c"]);
    }
}
