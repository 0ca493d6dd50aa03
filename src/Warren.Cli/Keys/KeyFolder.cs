using System.Text;

namespace Warren.Cli.Keys;

/// <summary>Private keys that this program made: one file each with mode 0600, in a folder with mode 0700.</summary>
internal sealed class KeyFolder(string configFolder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder = Path.Combine(configFolder, "keys");

    public string PathOf(string name) => Path.Combine(_folder, SafeName(name, "NAME"));

    public bool Has(string name) => File.Exists(PathOf(name));

    /// <summary>The public part beside a private one, if it was kept.</summary>
    public string? PublicPart(string name) => File.Exists(PathOf(name) + ".pub") ? File.ReadAllText(PathOf(name) + ".pub").Trim() : null;

    /// <summary>Names of all private keys, <c>default</c> first.</summary>
    public IEnumerable<string> Names() => Directory.Exists(_folder)
        ? Directory.EnumerateFiles(_folder).Select(path => Path.GetFileName(path)!).Where(name => !name.EndsWith(".pub", StringComparison.Ordinal))
            .OrderBy(name => name != DefaultKey.Name).ThenBy(name => name, StringComparer.Ordinal)
        : [];

    /// <summary>
    /// Takes the file of a new key before the key is made, so that no private part comes into the world without a place
    /// to keep it, and none is overwritten.
    /// </summary>
    public Reservation Reserve(string name)
    {
        CreatePrivate(_folder);
        var path = PathOf(name);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        try
        {
            return new Reservation(path, new FileStream(path, options));
        }
        catch (IOException) when (File.Exists(path))
        {
            throw Refusal.Of("name-taken", "File exists",
                $"{path} exists and is not overwritten: choose another name, or add that key with `warren keys add {name} {path}.pub`");
        }
    }

    /// <summary>Creates a folder that only its owner can look into.</summary>
    public static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else
        {
            // The mode holds for the last folder only, so its parent is made first.
            if (Path.GetDirectoryName(folder) is { } parent) Directory.CreateDirectory(parent, OwnerOnly | UnixFileMode.UserExecute);
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <summary>A name that is a file name and nothing more.</summary>
    public static string SafeName(string name, string field)
        => name.Length is > 0 and <= 100 && name[0] is not ('.' or '-') && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            && !name.EndsWith(".pub", StringComparison.Ordinal)
                ? name
                : throw Refusal.Invalid(field, $"'{name}' must be letters, digits, - _ . and not begin with . or -");

    /// <summary>A file that waits for its private key; removed again unless it gets one.</summary>
    internal sealed class Reservation(string path, FileStream file) : IDisposable
    {
        private bool _kept;

        public string Path => path;

        public async Task KeepAsync(string privateKey, string publicKey, CancellationToken cancellation)
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(privateKey.TrimEnd('\n') + "\n"), cancellation);
            await file.FlushAsync(cancellation);
            _kept = true;
            await File.WriteAllTextAsync(path + ".pub", publicKey.Trim() + "\n", cancellation);
        }

        public void Dispose()
        {
            file.Dispose();
            if (!_kept) File.Delete(path);
        }
    }
}
