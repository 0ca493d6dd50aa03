using Warren.Hypervisors.Qemu.Snapshots;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>
/// Which files a machine's QEMU may open. Its folder is root's with the sticky bit: QEMU makes its sockets there, and can neither remove nor replace what the
/// server keeps beside them. Its disks are its own; what they lie upon it may read, by a list of its own for each file.
/// </summary>
internal sealed class MachineRights(string machinesFolder, MachineUsers users)
{
    /// <summary>rwxrwx--T.</summary>
    private const UnixFileMode Folder = OwnerOnly.Folder | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.StickyBit;

    private const ushort OthersRead = 4, OthersExecute = 1;

    private string LayersFolder => Path.Combine(machinesFolder, ".layers");

    /// <summary>Gives a machine's QEMU, which does not run, what it needs and nothing else.</summary>
    /// <param name="folder">The machine.</param>
    /// <param name="definition">What it will be.</param>
    /// <param name="memory">The file that is its memory, if that is one with a name.</param>
    /// <param name="writesMemory">QEMU opens that file for writing even if it never writes to it.</param>
    /// <exception cref="HypervisorException">Rejected: there is something in its folder that no server has put there, or its disk lies upon what is not its own.</exception>
    internal uint Grant(MachineFolder folder, MachineDefinition definition, string? memory, bool writesMemory)
    {
        try
        {
            var user = users.Of(folder);
            File.SetUnixFileMode(folder.Path, Folder);
            // There before its QEMU is: what is the server's own cannot be made by anybody else then.
            Directory.CreateDirectory(folder.In("snapshots"), OwnerOnly.Folder);
            LetThrough(folder.Path);
            GiveFiles(folder, user);
            var current = Once(users.Current);
            foreach (var disk in Directory.EnumerateFiles(folder.Path, "*.qcow2*").ToList()) GrantBelow(disk, definition, user, current);
            if (definition.Boot.Format == "iso") LetRead(definition.Boot.Path, user, AccessList.Read, current);
            foreach (var disk in definition.DataDisks.Where(d => d.ExistingPath is not null && !definition.Ephemeral))
                LetRead(disk.ExistingPath!, user, AccessList.Read | AccessList.Write, current);
            if (memory is not null) LetRead(memory, user, writesMemory ? (ushort)(AccessList.Read | AccessList.Write) : AccessList.Read, current);
            return user;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {folder.Id} cannot be given its files: {e.Message}", e);
        }
    }

    /// <summary>Gives one more file, or socket, that was made while its QEMU runs.</summary>
    internal static void Give(MachineFolder folder, string path)
    {
        if (MachineUsers.UserOf(folder.Path) is { } user) FileOwner.Give(path, user, user);
    }

    /// <summary>A disk that nobody is to write to any more: whoever it belonged to may read it.</summary>
    internal static void Freeze(string path)
    {
        if (!FileOwner.IsRoot || FileOwner.Of(path) is not { } facts || !UserRange.MayBeMachines(facts.User)) return;
        FileOwner.Give(path, 0, 0);
        AccessList.LetUser(path, facts.User, AccessList.Read, _ => true);
    }

    /// <summary>Lets machines come through the folders above a path, where not everybody does; they see nothing there but what they can name and open.</summary>
    internal void LetThrough(string path)
    {
        for (var above = Path.GetDirectoryName(path); above is not null; above = Path.GetDirectoryName(above))
        {
            var facts = FileOwner.Of(above) ?? throw new DirectoryNotFoundException(above);
            if ((facts.Mode & OthersExecute) == 0) AccessList.LetGroup(above, users.Range.First, AccessList.Execute);
        }
    }

    /// <summary>Refuses a machine in whose folder are links: no server makes any, and what the server does to its files would be done to others.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static void RefuseLinks(MachineFolder folder)
    {
        if (!FileOwner.IsRoot || !Directory.Exists(folder.Path)) return;
        if (new DirectoryInfo(folder.Path).EnumerateFileSystemInfos().FirstOrDefault(f => f.LinkTarget is not null) is { } link)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"the folder of machine {folder.Id} holds the link {link.Name}, which the server did not make: was its QEMU taken over? Look at it, and remove it by hand");
    }

    private static void GiveFiles(MachineFolder folder, uint user)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder.Path).ToList())
        {
            var name = Path.GetFileName(path);
            if (FileOwner.Of(path) is not { } facts) continue;
            if (facts.IsSocket)
            {
                File.Delete(path);
                continue;
            }

            var isQemus = name.Contains(".qcow2", StringComparison.Ordinal) || path == folder.FirmwareVariables || path == folder.PidFile || path == folder.SerialLog;
            var isMachines = UserRange.MayBeMachines(facts.User);
            // A second name of a file would give another's away; those that layers have are gone before a start.
            if (!(facts is { IsFile: true, Links: 1 } || (facts.IsFolder && !isMachines)) || (isMachines && !isQemus && path != folder.SerialLog + ".1"))
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"the folder of machine {folder.Id} holds {name}, which the server did not make: was its QEMU taken over? Look at it, and remove it by hand");
            if (path == folder.Seed)
            {
                FileOwner.Give(path, 0, user);
                File.SetUnixFileMode(path, OwnerOnly.File | UnixFileMode.GroupRead);
            }
            else if (isQemus)
            {
                FileOwner.Give(path, user, user);
                File.SetUnixFileMode(path, OwnerOnly.File);
            }
        }
    }

    /// <summary>
    /// What a disk says it lies upon was written by its QEMU. So only the image of the definition counts, and layers: their names are random numbers of 122
    /// bits in a folder that no QEMU can list, so that one knows those of its own disks only.
    /// </summary>
    private void GrantBelow(string disk, MachineDefinition definition, uint user, Func<HashSet<uint>> current)
    {
        var below = Qcow2Header.BackingOf(disk);
        for (var depth = 0; below is not null && depth < Layers.Deepest; depth++)
        {
            if (Path.GetDirectoryName(below) == LayersFolder)
            {
                Freeze(below);
                LetRead(below, user, AccessList.Read, current);
                below = Qcow2Header.BackingOf(below);
                continue;
            }

            var isItsOwn = below == definition.Boot.Path || (definition.Ephemeral && definition.DataDisks.Any(d => d.ExistingPath == below));
            if (isItsOwn) LetRead(below, user, AccessList.Read, current);
            else if (!Path.IsPathFullyQualified(below) || FileOwner.Of(below) is not { } facts || (facts.Mode & OthersRead) == 0)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"{Path.GetFileName(disk)} lies upon {below}, which is neither its image nor a layer");
            return;
        }
    }

    private void LetRead(string path, uint user, ushort rights, Func<HashSet<uint>> current)
    {
        LetThrough(path);
        var facts = FileOwner.Of(path) ?? throw new FileNotFoundException("it is not there", path);
        if (!facts.IsFile) throw new IOException($"{path} is no file");
        if (facts.User == user || ((facts.Mode & 7) & rights) == rights) return;
        AccessList.LetUser(path, user, rights, u => !users.Range.Has(u) || current().Contains(u));
    }

    /// <summary>Asked for only where there is something to do.</summary>
    private static Func<HashSet<uint>> Once(Func<HashSet<uint>> make)
    {
        HashSet<uint>? made = null;
        return () => made ??= make();
    }
}
