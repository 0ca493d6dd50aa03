using System.Text.RegularExpressions;

namespace Warren.Server.Images;

/// <summary>The catalogue: which distributions' cloud images can be had by name. Read from <c>catalogue.yaml</c> and judged as a whole.</summary>
public sealed partial class Catalogue
{
    private readonly Dictionary<string, CloudImage> byName = new(StringComparer.OrdinalIgnoreCase);

    private Catalogue(IReadOnlyList<CloudImage> images) => Images = images;

    /// <summary>All entries, in the file's order.</summary>
    public IReadOnlyList<CloudImage> Images { get; }

    /// <summary>Time a pattern may take over one name.</summary>
    internal static TimeSpan PatternTimeout { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The entry with this name or alias, or null.</summary>
    public CloudImage? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Reads the file.</summary>
    /// <exception cref="YamlMistakeException">A mistake in it, with file and line.</exception>
    public static Catalogue Load(string path) => Parse(Path.GetFileName(path), File.ReadAllText(path));

    /// <summary>Reads the text of a catalogue.</summary>
    /// <param name="file">Name of the file, for messages.</param>
    /// <param name="text">YAML.</param>
    /// <exception cref="YamlMistakeException">A mistake in it, with file and line.</exception>
    public static Catalogue Parse(string file, string text)
    {
        var root = YamlFields.Parse(file, text);
        var entries = root.List("images").Select(f => (Fields: f, Image: Read(f))).ToList();
        root.Done();
        var catalogue = new Catalogue([.. entries.Select(e => e.Image)]);
        foreach (var (fields, image) in entries)
            foreach (var name in image.Aliases.Prepend(image.Name))
                if (!catalogue.byName.TryAdd(name, image)) throw fields.Mistake("name", $"{name} is used twice");
        return catalogue;
    }

    private static CloudImage Read(YamlFields fields)
    {
        var (checksums, releases) = (Required(fields, "checksums"), fields.FieldsOrNull("releases"));
        var (signature, names) = (Required(fields, "signature"), fields.Texts("aliases"));
        var image = new CloudImage
        {
            Name = Name(fields, fields.Text("name")),
            Title = fields.Text("title"),
            Description = fields.TextOrNull("description"),
            Aliases = [.. names.Select(n => Name(fields, n))],
            DefaultUser = fields.Text("defaultUser"),
            MinimumMemoryMiB = fields.Number("minimumMemoryMiB", 64, 65536),
            DefaultMemoryMiB = fields.Number("defaultMemoryMiB", 64, 65536),
            MinimumDiskGiB = fields.Number("minimumDiskGiB", 1, 1024),
            ApproximateMiB = fields.Number("approximateMiB", 1, 65536),
            Format = fields.OneOf("format", "qcow2", "raw", "iso", "container"),
            Features = fields.Texts("features"),
            Releases = releases is null ? null : Folder(releases, "folder"),
            ReleasePattern = releases is null ? null : ReleasePatternOf(releases),
            Folder = Folder(fields, "folder").OriginalString,
            ImagePattern = Pattern(fields, "image"),
            ImageFromListing = fields.OneOf("imageFrom", "listing", "checksums") == "listing",
            ChecksumName = checksums.TextOrNull("name"),
            ChecksumPattern = checksums.TextOrNull("pattern") is null ? null : Pattern(checksums, "pattern"),
            Signature = KindOf(signature),
            SignatureName = signature.TextOrNull("name"),
            Keys = ReadKeys(signature),
        };
        Judge(fields, checksums, signature, image);
        foreach (var done in new[] { fields, checksums, signature, releases }.OfType<YamlFields>()) done.Done();
        return image;
    }

    private static void Judge(YamlFields fields, YamlFields checksums, YamlFields signature, CloudImage image)
    {
        if ((image.ChecksumName is null) == (image.ChecksumPattern is null)) throw fields.Mistake("checksums", "exactly one of name and pattern is needed");
        if (!image.ImageFromListing && image.ChecksumName?.Contains("{image}", StringComparison.Ordinal) == true)
            throw checksums.Mistake("name", "{image} is known only with imageFrom: listing");
        if (image.Folder.Contains("{release}", StringComparison.Ordinal) && image.Releases is null) throw fields.Mistake("folder", "{release} is known only with releases");
        if (image.DefaultMemoryMiB < image.MinimumMemoryMiB) throw fields.Mistake("defaultMemoryMiB", "is less than minimumMemoryMiB");
        var detached = image.Signature is SignatureKind.DetachedOverChecksums or SignatureKind.DetachedOverImage;
        if (detached != (image.SignatureName is not null)) throw signature.Mistake("name", detached ? "is missing" : "belongs to detached signatures only");
        if ((image.Signature == SignatureKind.None) != (image.Keys is null)) throw signature.Mistake("keys", image.Keys is null ? "is missing" : "belongs to signed images only");
    }

    private static SignatureKind KindOf(YamlFields signature) => signature.OneOf("kind", "none", "checksums", "clearsigned", "image") switch
    {
        "checksums" => SignatureKind.DetachedOverChecksums,
        "clearsigned" => SignatureKind.Clearsigned,
        "image" => SignatureKind.DetachedOverImage,
        _ => SignatureKind.None,
    };

    private static SigningKeys? ReadKeys(YamlFields signature)
    {
        if (signature.FieldsOrNull("keys") is not { } keys) return null;
        var fingerprints = keys.Texts("fingerprints");
        if (fingerprints.FirstOrDefault(f => !Fingerprint().IsMatch(f)) is { } wrong) throw keys.Mistake("fingerprints", $"{wrong} is not 40 hexadecimal digits");
        var url = keys.TextOrNull("url") is { } text ? Url(keys, "url", text) : null;
        if (url is not null && fingerprints.Count == 0) throw keys.Mistake("url", "a key that is fetched needs fingerprints to trust it by");
        var read = new SigningKeys(keys.Texts("keyrings"), fingerprints, keys.Text("remedy")) { Url = url };
        if (read.Keyrings.Count == 0) throw keys.Mistake("keyrings", "at least one is needed");
        keys.Done();
        return read;
    }

    private static YamlFields Required(YamlFields fields, string field) => fields.FieldsOrNull(field) ?? throw fields.Mistake(field, "is missing");

    private static string Name(YamlFields fields, string name) =>
        EntryName().IsMatch(name) ? name : throw fields.Mistake("name", $"{name} must be lower-case letters, digits, dots and dashes, at most 63");

    private static string Pattern(YamlFields fields, string field)
    {
        var pattern = fields.Text(field);
        Compile(fields, field, pattern.Replace("{release}", "0", StringComparison.Ordinal));
        return pattern;
    }

    private static Regex ReleasePatternOf(YamlFields releases)
    {
        var pattern = Compile(releases, "pattern", releases.Text("pattern"));
        return pattern.GetGroupNames().Contains("release") ? pattern : throw releases.Mistake("pattern", "needs a group named release");
    }

    private static Regex Compile(YamlFields fields, string field, string pattern)
    {
        try
        {
            return new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture, PatternTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw fields.Mistake(field, $"is not a usable pattern: {e.Message}");
        }
    }

    private static Uri Folder(YamlFields fields, string field)
    {
        var text = fields.Text(field);
        return text.EndsWith('/') ? Url(fields, field, text) : throw fields.Mistake(field, "must end with a slash");
    }

    private static Uri Url(YamlFields fields, string field, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url : throw fields.Mistake(field, "must be an http or https URL");

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EntryName();

    [GeneratedRegex(@"\A[0-9A-Fa-f]{40}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fingerprint();
}
