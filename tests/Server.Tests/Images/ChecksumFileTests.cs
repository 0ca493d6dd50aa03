using System.Text;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

public sealed class ChecksumFileTests
{
    private static readonly string A = new('a', 64), B = new('b', 64), C = new('c', 128);

    private static ChecksumFile Parse(string text) => ChecksumFile.Parse(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("{0}  file.img\n")]
    [InlineData("{0} *file.img\r\n")]
    [InlineData("{0}  ./file.img")]
    [InlineData("# comment\nSHA256 (file.img) = {0}\n")]
    [InlineData("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# file.img: 12 bytes\nSHA256 (file.img) = {0}\n-----BEGIN PGP SIGNATURE-----\nxx\n-----END PGP SIGNATURE-----\n")]
    [InlineData("{0}\n")]
    public void Reads_every_published_shape(string text) =>
        Parse(text.Replace("{0}", A, StringComparison.Ordinal)).Find("file.img").ShouldBe(new Digest("sha256", A));

    [Fact]
    public void Upper_case_digits_are_lowered() => Parse($"{A.ToUpperInvariant()}  f").Find("f").Hex.ShouldBe(A);

    [Fact]
    public void The_stronger_of_two_algorithms_counts() => Parse($"{A}  f\n{C}  f\n").Find("f").ShouldBe(new Digest("sha512", C));

    [Fact]
    public void The_same_file_with_two_digests_is_refused() =>
        Should.Throw<ImageException>(() => Parse($"{A}  f\n{B}  f\n").Find("f")).Message.ShouldContain("twice");

    [Fact]
    public void A_file_that_is_not_listed_is_refused() =>
        Should.Throw<ImageException>(() => Parse($"{A}  f\n").Find("g")).Code.ShouldBe(ImageErrors.CatalogueStale);

    [Fact]
    public void Lines_after_the_signature_do_not_count() =>
        Should.Throw<ImageException>(() => Parse($"{A}  f\n-----BEGIN PGP SIGNATURE-----\n{B}  evil\n").Find("evil"));

    [Theory]
    [InlineData("")]
    [InlineData("<html><body>404</body></html>")]
    [InlineData("d41d8cd98f00b204e9800998ecf8427e  md5-only")]
    public void A_file_without_a_digest_is_refused(string text) => Should.Throw<ImageException>(() => Parse(text));

    [Fact]
    public void Hostile_sizes_are_bounded()
    {
        Should.Throw<ImageException>(() => ChecksumFile.Parse(new byte[ChecksumFile.MaximumBytes + 1]));
        var many = string.Concat(Enumerable.Range(0, 10_001).Select(i => $"{A}\n"));
        Should.Throw<ImageException>(() => Parse(many));
        Parse($"{A}  {new string('x', 5000)}\n{B}  f\n").Entries.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("sha512:aa")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:")]
    [InlineData("zz")]
    public void A_text_that_is_no_digest_is_none(string text) => Digest.Parse(text).ShouldBeNull();

    [Fact]
    public void Algorithm_and_length_must_agree() => Digest.Parse($"sha512:{A}").ShouldBeNull();
}
