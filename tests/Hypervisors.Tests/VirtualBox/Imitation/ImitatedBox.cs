using Warren.Hypervisors.Commands;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Hypervisors.Tests.VirtualBox.Imitation;

/// <summary>
/// VBoxManage and its service in memory, for what needs a machine that runs. Strict: what the manual's reference does not name is
/// refused, states are those of the SDK's reference, and answers have the words and codes that the real one was seen to use.
/// Settings files and disks are files where the real one has them.
/// </summary>
internal sealed partial class ImitatedBox(string version) : IBoxTool
{
    private readonly Lock _lock = new();
    private readonly List<ImitatedVm> _machines = [];
    private readonly int _major = BoxVersion.Parse(version).Major;

    /// <summary>Every call, word for word.</summary>
    internal List<IReadOnlyList<string>> Calls { get; } = [];

    /// <summary>Answers of a verb in place of its own, each used once.</summary>
    internal Dictionary<string, CommandResult> Faults { get; } = new(StringComparer.Ordinal);

    internal IEnumerable<ImitatedVm> Machines => _machines;

    /// <summary>Media of drives that are listed: they stay when their machine goes.</summary>
    internal HashSet<string> Media { get; } = new(StringComparer.Ordinal);

    public Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, TimeSpan limit)
    {
        lock (_lock)
        {
            Calls.Add(arguments);
            if (Faults.Remove(arguments[0], out var fault)) return Task.FromResult(fault);
            try
            {
                return Task.FromResult(new CommandResult(0, Answer(new ImitatedCall(arguments, _major)), ""));
            }
            catch (BoxRefusal e)
            {
                return Task.FromResult(new CommandResult(e.ExitCode, e.Output, e.Error));
            }
        }
    }

    private string Answer(ImitatedCall call) => call.Verb switch
    {
        "--version" => version + "\n",
        "list" => List(call.Next()),
        "createvm" => CreateVm(call),
        "modifyvm" => ModifyVm(call),
        "showvminfo" => ShowVmInfo(call),
        "unregistervm" => Unregister(call),
        "storagectl" => StorageCtl(call),
        "storageattach" => StorageAttach(call),
        "createmedium" or "clonemedium" or "modifymedium" or "closemedium" or "showmediuminfo" => Medium(call),
        "setextradata" => SetExtra(call),
        "getextradata" => Find(call.Next()).Extra.TryGetValue(call.Next(), out var value) ? $"Value: {value}\n" : "No value set!\n",
        "startvm" => Start(call),
        "controlvm" => Control(Find(call.Next()), call.Next()),
        "discardstate" => Discard(Find(call.Next())),
        "snapshot" => Snapshot(Find(call.Next()), call),
        "sharedfolder" => Share(call),
        "guestproperty" => Properties(call),
        _ => throw BoxRefusal.Usage($"Invalid command '{call.Verb}'"),
    };

    private string List(string what) => what switch
    {
        "vms" => string.Concat(_machines.Select(m => $"\"{m.Name}\" {{{m.Uuid}}}\n")),
        "runningvms" => string.Concat(_machines.Where(m => m.Runs).Select(m => $"\"{m.Name}\" {{{m.Uuid}}}\n")),
        "hdds" => string.Concat(_machines.SelectMany(m => m.Slots.Values).Where(s => s.Type == "hdd").Select(s => $"UUID:           x\nLocation:       {s.Path}\n\n")),
        "dvds" => string.Concat(Media.Select(path => $"UUID:           x\nLocation:       {path}\n\n")),
        "hostinfo" => "Host Information:\n\nHost time: 2026-01-01T00:00:00.000000000Z\nProcessor count: 4\nMemory size: 16000 MByte\nMemory available: 9000 MByte\n",
        _ => throw BoxRefusal.Usage($"Unknown subcommand \"{what}\""),
    };

    private string CreateVm(ImitatedCall call)
    {
        call.ReadOptions("createvm");
        var (name, folder) = (call.Option("--name"), Path.Combine(call.Option("--basefolder"), call.Option("--name")));
        var machine = new ImitatedVm(name, folder);
        if (File.Exists(machine.SettingsFile)) throw new BoxRefusal("VBOX_E_FILE_ERROR", 0x80bb0004, $"Machine settings file '{machine.SettingsFile}' already exists");
        if (_machines.Any(m => m.Name == name)) throw new BoxRefusal("VBOX_E_OBJECT_IN_USE", 0x80bb000c, $"Machine '{name}' already exists");
        Directory.CreateDirectory(folder);
        File.WriteAllText(machine.SettingsFile, "<VirtualBox/>");
        _machines.Add(machine);
        return $"Virtual machine '{name}' is created and registered.\nUUID: {machine.Uuid}\nSettings file: '{machine.SettingsFile}'\n";
    }

    private string ShowVmInfo(ImitatedCall call)
    {
        var machine = Find(call.Next());
        call.ReadOptions("showvminfo");
        if (call.Has("--machinereadable")) return machine.Describe();
        var log = Path.Combine(machine.Folder, "Logs", "VBox.log");
        return File.Exists(log) ? File.ReadAllText(log) : throw new BoxRefusal("VBOX_E_IPRT_ERROR", 0x80bb0005, $"Could not open log file '{log}' (VERR_FILE_NOT_FOUND)");
    }

    private string Unregister(ImitatedCall call)
    {
        var machine = Find(call.Next());
        call.ReadOptions("unregistervm");
        InsistOnUnlocked(machine);
        _machines.Remove(machine);
        if (!call.Has("--delete")) return "";
        foreach (var slot in machine.Slots.Values.Where(s => s.Type == "hdd")) File.Delete(slot.Path);
        foreach (var part in new[] { "Snapshots", "Logs" })
        {
            var folder = Path.Combine(machine.Folder, part);
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }

        File.Delete(machine.SettingsFile);
        if (!Directory.EnumerateFileSystemEntries(machine.Folder).Any()) Directory.Delete(machine.Folder);
        return "";
    }

    private string SetExtra(ImitatedCall call)
    {
        Find(call.Next()).Extra[call.Next()] = call.Next();
        return "";
    }

    private string Properties(ImitatedCall call)
    {
        if (call.Next() != "enumerate") throw BoxRefusal.Usage("Invalid parameter");
        var machine = Find(call.Next());
        if (!machine.Runs) return "";
        return _major >= 7
            ? "/VirtualBox/GuestInfo/Net/0/V4/IP                       = '10.0.2.15'    @ 2026-01-01T00:00:00.000Z\n/VirtualBox/GuestInfo/OS/Product = 'Linux' @ 2026-01-01T00:00:00.000Z\n"
            : "Name: /VirtualBox/GuestInfo/Net/0/V4/IP, value: 10.0.2.15, timestamp: 1, flags: \n";
    }

    private ImitatedVm Find(string nameOrUuid) => _machines.FirstOrDefault(m => m.Name == nameOrUuid || m.Uuid == nameOrUuid)
        ?? throw new BoxRefusal("VBOX_E_OBJECT_NOT_FOUND", 0x80bb0001, $"Could not find a registered machine named '{nameOrUuid}'");

    private static void InsistOnUnlocked(ImitatedVm machine)
    {
        if (machine.Runs) throw new BoxRefusal("VBOX_E_INVALID_OBJECT_STATE", 0x80bb0007, $"The machine '{machine.Name}' is already locked for a session (or being unlocked)");
    }
}
