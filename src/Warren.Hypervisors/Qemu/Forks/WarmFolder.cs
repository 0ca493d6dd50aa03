namespace Warren.Hypervisors.Qemu.Forks;

/// <summary>What every fork of a warm image needs to know.</summary>
/// <param name="Definition">What the machine was when it was frozen.</param>
/// <param name="Resumed">What a QEMU that takes in its state must know.</param>
/// <param name="Disks">Names of its disk files: for each one there is an empty overlay, to be copied.</param>
/// <param name="Made">Another one each time that an image is made, also of the same id: what was spawned for a try that came to nothing has its memory.</param>
internal sealed record WarmRecord(MachineDefinition Definition, Resumption Resumed, IReadOnlyList<string> Disks, Guid Made);

/// <summary>
/// The files of a warm image: memory, device state, and for each disk an empty overlay on the layer that was frozen, which
/// names the layer and so keeps it. Under its final name it is whole.
/// </summary>
internal sealed class WarmFolder
{
    private const string RootName = ".warm";

    private WarmFolder(string path) => Path = path;

    internal string Path { get; }

    internal string Record => In("warm.json");

    internal string Memory => In("memory");

    internal string State => In("state");

    internal string FirmwareVariables => In("efivars.fd");

    internal string Seed => In("seed.iso");

    internal bool Exists => File.Exists(Record);

    internal static WarmFolder Of(string machinesFolder, string id)
    {
        DefinitionRules.CheckId(id);
        return new WarmFolder(System.IO.Path.Combine(machinesFolder, RootName, id));
    }

    /// <summary>All folders of warm images, also those that are being made.</summary>
    internal static IEnumerable<string> Folders(string machinesFolder)
    {
        var root = System.IO.Path.Combine(machinesFolder, RootName);
        return Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [];
    }

    internal string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>An empty folder, private from its first moment, that becomes this one when it is whole. One that a crash left is removed.</summary>
    internal WarmFolder Begin()
    {
        var fresh = new WarmFolder(Beside(".new-"));
        if (Directory.Exists(fresh.Path)) Directory.Delete(fresh.Path, recursive: true);
        Directory.CreateDirectory(fresh.Path, OwnerOnly.Folder);
        return fresh;
    }

    internal void Finish(WarmFolder fresh) => Directory.Move(fresh.Path, Path);

    /// <summary>Makes the files of a fork, but for its memory, which it maps from here.</summary>
    internal void LayTo(MachineFolder fork, WarmRecord record, MachineDefinition definition)
    {
        fork.Make();
        File.Delete(fork.Ahead);
        File.WriteAllBytes(fork.Unfinished, []);
        File.WriteAllBytes(fork.Twin, []);
        CopyTo(fork, record);
        // The seed is one that it has seen. Its own is written before its next start, of which the definition kept here tells.
        PrivateFile.Write(fork.Definition, definition with { Seed = record.Definition.Seed });
    }

    /// <summary>Copies what a QEMU of this image writes to, or reads.</summary>
    internal void CopyTo(MachineFolder folder, WarmRecord record)
    {
        foreach (var name in record.Disks) File.Copy(In(name), folder.In(name), overwrite: true);
        if (File.Exists(FirmwareVariables)) File.Copy(FirmwareVariables, folder.FirmwareVariables, overwrite: true);
        if (File.Exists(Seed)) File.Copy(Seed, folder.Seed, overwrite: true);
    }

    /// <summary>Removes it: renamed first, so that half of one is never taken for one.</summary>
    internal void Remove()
    {
        foreach (var doomed in new[] { Beside(".new-"), Beside(".deleting-") })
            if (Directory.Exists(doomed)) Directory.Delete(doomed, recursive: true);
        if (Directory.Exists(Path))
        {
            Directory.Move(Path, Beside(".deleting-"));
            Directory.Delete(Beside(".deleting-"), recursive: true);
        }

        var root = System.IO.Path.GetDirectoryName(Path)!;
        try
        {
            if (Directory.Exists(root) && !Directory.EnumerateFileSystemEntries(root).Any()) Directory.Delete(root);
        }
        catch (IOException)
        {
            // Another one has just come into it, or it has gone.
        }
    }

    private string Beside(string prefix) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, prefix + System.IO.Path.GetFileName(Path));
}
