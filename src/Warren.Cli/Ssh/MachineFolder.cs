using Warren.Cli.Keys;

namespace Warren.Cli.Ssh;

/// <summary>
/// What this program remembers of one machine: its SSH host keys, and which keys it put into it. By the machine's id, so that
/// a new machine with an old name is not taken for the old one.
/// </summary>
internal sealed class MachineFolder(string configFolder, string machineId)
{
    private readonly string _folder = Path.Combine(configFolder, "machines", KeyFolder.SafeName(machineId, "machine id"));

    public string KnownHosts => Path.Combine(_folder, "known_hosts");

    private string KeyList => Path.Combine(_folder, "keys");

    /// <summary>Names of the keys, empty when another program launched the machine.</summary>
    public IReadOnlyList<string> Keys => File.Exists(KeyList) ? File.ReadAllLines(KeyList) : [];

    /// <summary>Private keys to offer: those that this program put in, else all that it has.</summary>
    /// <param name="keys">Where they are kept.</param>
    /// <returns>Their files, and whether no others are to be offered: a key without a private part here may be one the user's own agent has.</returns>
    public (IReadOnlyList<string> Files, bool OnlyThese) Offered(KeyFolder keys)
    {
        var remembered = Keys;
        string[] files = [.. (remembered.Count > 0 ? remembered : keys.Names()).Where(keys.Has).Select(keys.PathOf)];
        return (files, remembered.Count > 0 && files.Length == remembered.Count);
    }

    public void RememberKeys(IEnumerable<string> names)
    {
        var all = Keys.Concat(names).Distinct().ToArray();
        if (all.Length == 0) return;
        Create();
        File.WriteAllLines(KeyList, all);
    }

    public void Create() => KeyFolder.CreatePrivate(_folder);

    public void Delete()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }
}
