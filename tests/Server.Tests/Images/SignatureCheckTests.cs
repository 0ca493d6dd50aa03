using System.Text;
using Warren.Hypervisors.Commands;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SignatureCheckTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("warren-sig-").FullName;
    private readonly byte[] data = "the image"u8.ToArray();
    private GpgKey key = null!, stranger = null!;

    private SignatureCheck Check => new(new CommandRunner(), [Path.Combine(folder, "none"), folder]);

    public async ValueTask InitializeAsync()
    {
        key = await GpgKey.CreateAsync(folder);
        stranger = await GpgKey.CreateAsync(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "ours.asc"), key.Armoured);
        await File.WriteAllBytesAsync(Path.Combine(folder, "ours.gpg"), key.Binary);
        await File.WriteAllBytesAsync(Path.Combine(folder, "data"), data);
    }

    public async ValueTask DisposeAsync()
    {
        await key.StopAsync();
        await stranger.StopAsync();
        Directory.Delete(folder, recursive: true);
    }

    private SigningKeys Keys(string ring = "ours.gpg", params string[] fingerprints) => new([ring], fingerprints, "install the package keys");

    private Task<SignatureVerdict> Detached(byte[] signature, SigningKeys keys, byte[]? fetched = null) =>
        Check.CheckDetachedAsync(Path.Combine(folder, "data"), signature, keys, fetched, default);

    [Theory]
    [InlineData("ours.gpg", false)]
    [InlineData("ours.asc", true)]
    public async Task A_good_signature_is_good(string ring, bool armour)
    {
        var verdict = await Detached(await key.SignDetachedAsync(data, armour), Keys(ring, key.Fingerprint));
        verdict.ShouldBe(new SignatureVerdict(SignatureStatus.Good, key.Fingerprint));
    }

    [Fact]
    public async Task A_signature_over_other_bytes_is_bad() =>
        (await Detached(await key.SignDetachedAsync("other"u8.ToArray()), Keys())).Status.ShouldBe(SignatureStatus.Bad);

    [Theory]
    [InlineData("")]
    [InlineData("<html>not found</html>")]
    public async Task Something_that_is_no_signature_is_bad(string text) =>
        (await Detached(Encoding.UTF8.GetBytes(text), Keys())).Status.ShouldBe(SignatureStatus.Bad);

    [Fact]
    public async Task A_stranger_is_not_a_known_key() =>
        (await Detached(await stranger.SignDetachedAsync(data), Keys())).Status.ShouldBe(SignatureStatus.NoKey);

    [Fact]
    public async Task A_key_in_the_ring_counts_only_with_an_accepted_fingerprint() =>
        (await Detached(await key.SignDetachedAsync(data), Keys("ours.gpg", stranger.Fingerprint))).Status.ShouldBe(SignatureStatus.NoKey);

    [Fact]
    public async Task A_missing_keyring_is_said_with_its_remedy()
    {
        var verdict = await Detached(await key.SignDetachedAsync(data), Keys("nowhere.gpg", key.Fingerprint));
        verdict.Status.ShouldBe(SignatureStatus.KeyringMissing);
        verdict.Detail.ShouldContain("install the package keys");
    }

    [Fact]
    public async Task A_fetched_key_counts_only_by_its_fingerprint()
    {
        var signature = await stranger.SignDetachedAsync(data);
        (await Detached(signature, Keys("nowhere.gpg", stranger.Fingerprint), stranger.Armoured)).Status.ShouldBe(SignatureStatus.Good);
        (await Detached(signature, Keys("nowhere.gpg", key.Fingerprint), stranger.Armoured)).Status.ShouldBe(SignatureStatus.NoKey);
        (await Detached(signature, Keys("nowhere.gpg"), stranger.Armoured)).Status.ShouldBe(SignatureStatus.KeyringMissing);
    }

    [Fact]
    public async Task Only_the_signed_part_of_a_clearsigned_text_comes_out()
    {
        var signed = Encoding.UTF8.GetString(await key.ClearsignAsync("first\n- dashed\n"));
        var (verdict, text) = await Check.CheckClearsignedAsync(Encoding.UTF8.GetBytes("evil before\n" + signed + "evil after\n"), Keys(), null, default);
        verdict.Status.ShouldBe(SignatureStatus.Good);
        Encoding.UTF8.GetString(text!).ShouldBe("first\n- dashed\n");
    }

    [Fact]
    public async Task A_changed_clearsigned_text_gives_nothing_out()
    {
        var signed = Encoding.UTF8.GetString(await key.ClearsignAsync("first\n")).Replace("first", "fjrst", StringComparison.Ordinal);
        var (verdict, text) = await Check.CheckClearsignedAsync(Encoding.UTF8.GetBytes(signed), Keys(), null, default);
        verdict.Status.ShouldBe(SignatureStatus.Bad);
        text.ShouldBeNull();
    }

    [Fact]
    public async Task Without_gpgv_nothing_passes()
    {
        var check = new SignatureCheck(new CommandRunner(), [folder], Path.Combine(folder, "no-gpgv"));
        (await check.CheckDetachedAsync(Path.Combine(folder, "data"), await key.SignDetachedAsync(data), Keys(), null, default)).Status.ShouldBe(SignatureStatus.ToolMissing);
    }

    [Fact]
    public void A_second_signature_by_an_unknown_key_is_no_harm_and_a_bad_one_is()
    {
        const string good = "[GNUPG:] GOODSIG 1 x\n[GNUPG:] VALIDSIG AAAA 2026-01-01 1 0 4 0 22 10 00 BBBB\n";
        SignatureCheck.Judge(good + "[GNUPG:] ERRSIG 2 1 10 00 1 9 -\n[GNUPG:] NO_PUBKEY 2\n", 2, ["bbbb"]).Status.ShouldBe(SignatureStatus.Good);
        SignatureCheck.Judge(good + "[GNUPG:] BADSIG 2 y\n", 1, ["BBBB"]).Status.ShouldBe(SignatureStatus.Bad);
        SignatureCheck.Judge(good, 2, ["BBBB"]).Status.ShouldBe(SignatureStatus.Bad);
        SignatureCheck.Judge("[GNUPG:] EXPKEYSIG 1 x\n[GNUPG:] VALIDSIG A 1 1 0 4 0 22 10 00 A\n", 0, []).Status.ShouldBe(SignatureStatus.Bad);
        SignatureCheck.Judge("", 0, []).Status.ShouldBe(SignatureStatus.Bad);
    }
}
