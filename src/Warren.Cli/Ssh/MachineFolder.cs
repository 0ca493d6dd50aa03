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
