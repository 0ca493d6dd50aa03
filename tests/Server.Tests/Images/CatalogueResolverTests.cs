using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

/// <summary>The shipped catalogue, entry by entry, against a server with each distribution's real folder shapes and real signatures by a throw-away key.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CatalogueResolverTests : ImageTestBase
{
    private readonly byte[] image = Bytes(1000);
    private readonly byte[] older = Bytes(1000);
    private GpgKey key = null!;

    private string Sha256 => Hash(image);

    private string Sha512 => Convert.ToHexStringLower(SHA512.HashData(image));

    /// <summary>The shipped entry with its servers and keys replaced by those of the test.</summary>
    private CloudImage Entry(string name, params string[] keyrings)
    {
        var shipped = Catalogue.Load(Path.Combine(CatalogueTests.RepositoryRoot(), "images", "catalogue.yaml")).Find(name)!;
        return shipped with
        {
            Folder = Here(shipped.Folder),
            Releases = shipped.Releases is null ? null : new Uri(Here(shipped.Releases.OriginalString)),
            Keys = shipped.Keys is null ? null : shipped.Keys with { Keyrings = keyrings.Length > 0 ? keyrings : ["test.asc"], Fingerprints = [key.Fingerprint], Url = Web["/key.asc"] },
        };
    }

    private string Here(string url) => $"{Web.Base.ToString().TrimEnd('/')}{url[url.IndexOf('/', "https://".Length)..]}";

    private async Task<(ResolvedImage Resolved, SignatureVerdict Verdict)> Resolve(CloudImage entry)
    {
        using var client = new DownloadClient(Options);
        var resolver = new CatalogueResolver(new Downloader(client, Options, TimeProvider.System), new SignatureCheck(Runner, [Folder]));
        var resolved = await resolver.ResolveAsync(entry, default);
        await File.WriteAllBytesAsync(At("image"), image);
        return (resolved, await resolver.CheckImageAsync(entry, resolved, At("image"), default));
    }

    private async Task WithKeyAsync(Func<Task> test)
    {
        key = await GpgKey.CreateAsync(Folder);
        await File.WriteAllBytesAsync(At("test.asc"), key.Armoured);
        try
        {
            await test();
        }
        finally
        {
            await key.StopAsync();
        }
    }

    private async Task ServeUbuntuAsync(string folder, string name)
    {
        var sums = $"{Hash(older)} *{name.Replace("amd64", "arm64", StringComparison.Ordinal)}\n{Sha256} *{name}\n{Hash(older)} *{name}.manifest\n";
        Web.Serve($"{folder}SHA256SUMS", sums);
        Web.Serve($"{folder}SHA256SUMS.gpg", await key.SignDetachedAsync(System.Text.Encoding.UTF8.GetBytes(sums)));
    }

    [Theory]
    [InlineData("ubuntu-24.04", "/releases/noble/release/", "ubuntu-24.04-server-cloudimg-amd64.img")]
    [InlineData("ubuntu-22.04", "/releases/jammy/release/", "ubuntu-22.04-server-cloudimg-amd64.img")]
    [InlineData("ubuntu-20.04", "/releases/focal/release/", "ubuntu-20.04-server-cloudimg-amd64.img")]
    public Task Ubuntu_signs_its_checksum_file(string name, string folder, string file) => WithKeyAsync(async () =>
    {
        await ServeUbuntuAsync(folder, file);
        var (resolved, verdict) = await Resolve(Entry(name));
        resolved.Url.ShouldBe(Web[folder + file]);
        resolved.Digest.ShouldBe(new Digest("sha256", Sha256));
        verdict.ShouldBe(new SignatureVerdict(SignatureStatus.Good, key.Fingerprint));
    });

    [Fact]
    public Task A_changed_checksum_file_is_bad() => WithKeyAsync(async () =>
    {
        const string folder = "/releases/noble/release/", file = "ubuntu-24.04-server-cloudimg-amd64.img";
        await ServeUbuntuAsync(folder, file);
        Web.Serve($"{folder}SHA256SUMS", $"{Hash(older)} *{file}\n");
        (await Resolve(Entry("ubuntu"))).Verdict.Status.ShouldBe(SignatureStatus.Bad);
    });

    [Fact]
    public Task Without_a_keyring_the_key_is_fetched_and_known_by_its_fingerprint() => WithKeyAsync(async () =>
    {
        await ServeUbuntuAsync("/releases/noble/release/", "ubuntu-24.04-server-cloudimg-amd64.img");
        (await Resolve(Entry("ubuntu", "nowhere.gpg"))).Verdict.Status.ShouldBe(SignatureStatus.KeyringMissing);
        Web.Serve("/key.asc", key.Armoured);
        (await Resolve(Entry("ubuntu", "nowhere.gpg"))).Verdict.Status.ShouldBe(SignatureStatus.Good);
    });

    [Theory]
    [InlineData("debian-12-cloud", "/images/cloud/bookworm/latest/", "debian-12-genericcloud-amd64.qcow2")]
    [InlineData("debian-13", "/images/cloud/trixie/latest/", "debian-13-genericcloud-amd64.qcow2")]
    public Task Debian_publishes_checksums_only(string name, string folder, string file) => WithKeyAsync(async () =>
    {
        var other = Convert.ToHexStringLower(SHA512.HashData(older));
        Web.Serve($"{folder}SHA512SUMS", $"{other}  {file.Replace(".qcow2", ".raw", StringComparison.Ordinal)}\n{Sha512}  {file}\n{other}  {file.Replace("amd64", "arm64", StringComparison.Ordinal)}\n");
        var (resolved, verdict) = await Resolve(Entry(name));
        resolved.Url.ShouldBe(Web[folder + file]);
        resolved.Digest.ShouldBe(new Digest("sha512", Sha512));
        verdict.Status.ShouldBe(SignatureStatus.NonePublished);
    });

    [Fact]
    public Task Fedora_is_its_newest_release_with_a_clearsigned_checksum_file() => WithKeyAsync(async () =>
    {
        const string releases = "/pub/fedora/linux/releases/", folder = $"{releases}44/Cloud/x86_64/images/";
        const string file = "Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2", sums = "Fedora-Cloud-44-1.7-x86_64-CHECKSUM";
        Web.ServeListing(releases, "9/", "43/", "44/", "test/");
        Web.ServeListing(folder, "Fedora-Cloud-Base-AmazonEC2-44-1.7.x86_64.raw.xz", file, sums);
        Web.Serve(folder + sums, await key.ClearsignAsync($"# {file}: 1000 bytes\nSHA256 ({file}) = {Sha256}\n# other\nSHA256 (Fedora-Cloud-Base-UEFI-UKI-44-1.7.x86_64.qcow2) = {Hash(older)}\n"));
        var (resolved, verdict) = await Resolve(Entry("fedora"));
        resolved.Url.ShouldBe(Web[folder + file]);
        resolved.Digest.Hex.ShouldBe(Sha256);
        verdict.Status.ShouldBe(SignatureStatus.Good);
    });

    [Fact]
    public Task Arch_signs_the_image_itself() => WithKeyAsync(async () =>
    {
        const string folder = "/images/latest/", file = "Arch-Linux-x86_64-cloudimg-20261115.612345.qcow2";
        Web.ServeListing(folder, "Arch-Linux-x86_64-basic-20261115.612345.qcow2", "Arch-Linux-x86_64-cloudimg-20261101.600000.qcow2", file, $"{file}.SHA256", $"{file}.sig", "Arch-Linux-x86_64-cloudimg.qcow2");
        Web.Serve($"{folder}{file}.SHA256", $"{Sha256}  {file}\n");
        Web.Serve($"{folder}{file}.sig", await key.SignDetachedAsync(image));
        var (resolved, verdict) = await Resolve(Entry("arch"));
        resolved.Url.ShouldBe(Web[folder + file]);
        resolved.Signature.ShouldBeNull();
        verdict.Status.ShouldBe(SignatureStatus.Good);
        Web.Serve($"{folder}{file}.sig", await key.SignDetachedAsync(older));
        (await Resolve(Entry("arch"))).Verdict.Status.ShouldBe(SignatureStatus.Bad);
    });

    [Fact]
    public Task Alpine_signs_the_image_and_gives_a_lone_digest() => WithKeyAsync(async () =>
    {
        const string folder = "/alpine/latest-stable/releases/cloud/", file = "generic_alpine-3.24.10-x86_64-bios-cloudinit-r0.qcow2";
        Web.ServeListing(folder, "aws_alpine-3.24.10-x86_64-bios-cloudinit-r0.vhd", "generic_alpine-3.24.9-x86_64-bios-cloudinit-r0.qcow2", file, "generic_alpine-3.24.10-x86_64-bios-tiny-r0.qcow2", $"{file}.sha512", $"{file}.asc", "generic_alpine-3.24.10-x86_64-uefi-cloudinit-r0.qcow2");
        Web.Serve($"{folder}{file}.sha512", $"{Sha512}\n");
        Web.Serve($"{folder}{file}.asc", await key.SignDetachedAsync(image, armour: true));
        var (resolved, verdict) = await Resolve(Entry("alpine"));
        resolved.Url.ShouldBe(Web[folder + file]);
        resolved.Digest.ShouldBe(new Digest("sha512", Sha512));
        verdict.Status.ShouldBe(SignatureStatus.Good);
    });

    [Fact]
    public Task A_changed_layout_is_said_and_not_guessed() => WithKeyAsync(async () =>
    {
        Web.ServeListing("/images/latest/", "Arch-Linux-aarch64-cloudimg-1.qcow2");
        (await Should.ThrowAsync<ImageException>(() => Resolve(Entry("arch")))).Code.ShouldBe(ImageErrors.CatalogueStale);
        Web.Routes["/images/cloud/trixie/latest/SHA512SUMS"] = context => context.Response.WriteAsync("<html>maintenance</html>");
        (await Should.ThrowAsync<ImageException>(() => Resolve(Entry("debian-13")))).Code.ShouldBe(ImageErrors.CatalogueStale);
    });
}
