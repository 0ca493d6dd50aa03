namespace Hypervisors.Tests.VirtualBox.Imitation;

/// <summary>
/// What each verb takes, from the manual's reference ("VBoxManage"): options with how many words follow. The names that 7.0 brought are
/// not known to 6.1; of the old ones only those that this driver would use are refused by 7, so that a slip shows.
/// </summary>
internal static class ImitatedOptions
{
    private static readonly Dictionary<string, Dictionary<string, int>> s_common = new(StringComparer.Ordinal)
    {
        ["createvm"] = new() { ["--name"] = 1, ["--basefolder"] = 1, ["--ostype"] = 1, ["--register"] = 0, ["--uuid"] = 1 },
        ["unregistervm"] = new() { ["--delete"] = 0 },
        ["storagectl"] = new() { ["--name"] = 1, ["--add"] = 1, ["--controller"] = 1, ["--portcount"] = 1, ["--bootable"] = 1 },
        ["storageattach"] = new() { ["--storagectl"] = 1, ["--port"] = 1, ["--device"] = 1, ["--type"] = 1, ["--medium"] = 1 },
        ["createmedium"] = new() { ["--filename"] = 1, ["--size"] = 1, ["--format"] = 1 },
        ["clonemedium"] = new() { ["--format"] = 1 },
        ["modifymedium"] = new() { ["--resize"] = 1 },
        ["showvminfo"] = new() { ["--machinereadable"] = 0, ["--log"] = 1 },
        ["startvm"] = new() { ["--type"] = 1 },
        ["take"] = new() { ["--description"] = 1, ["--live"] = 0 },
        ["list"] = new() { ["--machinereadable"] = 0 },
        ["sharedfolder"] = new() { ["--name"] = 1, ["--hostpath"] = 1, ["--automount"] = 0 },
    };

    private static readonly Dictionary<string, int> s_modify = new(StringComparer.Ordinal)
    {
        ["--description"] = 1, ["--memory"] = 1, ["--cpus"] = 1, ["--ioapic"] = 1, ["--firmware"] = 1, ["--boot1"] = 1, ["--boot2"] = 1, ["--boot3"] = 1,
        ["--boot4"] = 1, ["--graphicscontroller"] = 1, ["--vram"] = 1, ["--clipboard-mode"] = 1, ["--nic1"] = 1, ["--nic2"] = 1, ["--intnet2"] = 1, ["--vrde"] = 1,
    };

    private static readonly string[] s_six = ["--accelerate3d", "--draganddrop", "--audio", "--macaddress1", "--natpf1", "--vrdeport", "--vrdeaddress"];
    private static readonly string[] s_seven = ["--accelerate-3d", "--drag-and-drop", "--audio-driver", "--mac-address1", "--nat-pf1", "--vrde-port", "--vrde-address"];

    /// <summary>Words behind an option of a verb, or null where there is no such option.</summary>
    internal static int? WordsBehind(string verb, string option, int major)
    {
        if (verb != "modifyvm") return s_common.TryGetValue(verb, out var options) && options.TryGetValue(option, out var words) ? words : null;
        return s_modify.TryGetValue(option, out var behind) ? behind : (major >= 7 ? s_seven : s_six).Contains(option) ? 1 : null;
    }
}
