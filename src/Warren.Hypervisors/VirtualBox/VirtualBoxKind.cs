using System.Globalization;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.VirtualBox.Machines;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox;

/// <summary>VirtualBox, on the server's machine or on another by ssh.</summary>
public static class VirtualBoxKind
{
    /// <summary>Its description and how it is made.</summary>
    public static HypervisorKind Kind { get; } = new()
    {
        Name = "virtualbox",
        Title = "VirtualBox",
        Summary = "VirtualBox 6.1 to 7.2 by its VBoxManage, on the server's machine or on another by ssh; needs qemu-img on the server's machine.",
        Settings =
        [
            new("ssh", "Another machine that has it, as [user@]host[:port], with a key that the server's user may use; the server's own when not stated."),
            new("program", "VBoxManage: a name in PATH or an absolute path.") { Default = "VBoxManage" },
            new("folder", "Folder on that machine for our disks; required with ssh."),
            new("frontend", "headless, or gui: machines have a window on that machine's desktop.") { Default = "headless" },
            new("sharedFolders", "Folders of that machine whose sub-folders guests may share: sharedFolders:0=/srv/share.") { Shape = SettingShape.List },
            new("timeout", "How long VBoxManage may take to answer a question.") { Default = "00:00:30" },
        ],
        MachineOptions =
        [
            new("guestType", "What VirtualBox is told of the guest: Linux_64, Debian_64, Windows11_64, … as in VBoxManage list ostypes."),
            new("videoMemoryMiB", "Memory of the graphics card, 1 to 256 MiB."),
            new("graphics3d", "true: the host's graphics card draws in three dimensions for the guest."),
            new("clipboard", "disabled, hosttoguest, guesttohost or bidirectional: the clipboard of the machine's own window."),
            new("dragAndDrop", "disabled, hosttoguest, guesttohost or bidirectional: in the machine's own window."),
            new("sharedFolder", "Folder of the host that the guest sees as the shared folder warren; below a folder of the host's sharedFolders."),
            new("privateNetwork", "A second card on an internal network of that name, which machines of the host that name it too share."),
            new("remoteDesktopPort", "Port of the host's own loopback where VirtualBox's remote desktop server listens, without a password."),
            new("frontend", "headless or gui, other than its host says."),
        ],
        // The setting program names a program of the server's machine: only its configuration may do that.
        AddedAtRunTime = false,
        Connect = connection =>
        {
            if (!OperatingSystem.IsLinux()) throw new HypervisorException(HypervisorErrorKind.Unsupported, "the driver virtualbox runs on Linux only");
            var options = Options(connection);
            return new VirtualBoxHypervisor(options, new BoxTool(options.Program, options.Ssh), connection.Clock);
        },
    };

    /// <summary>Settings, checked.</summary>
    internal static VirtualBoxOptions Options(HostConnection connection)
    {
        var ssh = connection.Text("ssh") is { } target ? SshTarget.Parse("ssh", target) : null;
        var frontend = connection.Text("frontend") ?? "headless";
        if (frontend is not ("headless" or "gui")) throw HostConnection.Wrong("frontend", "must be headless or gui");
        var program = connection.Text("program") ?? "VBoxManage";
        if (program.StartsWith('-') || program.Any(char.IsControl)) throw HostConnection.Wrong("program", "must be a name in PATH or an absolute path");
        var timeout = connection.Time("timeout", TimeSpan.FromSeconds(30));
        if (timeout < TimeSpan.FromSeconds(1)) throw HostConnection.Wrong("timeout", "must be at least 00:00:01");
        var folder = connection.Text("folder") ?? (ssh is null ? Path.GetFullPath(connection.Folder) : throw HostConnection.Wrong("folder", "must be stated with ssh"));
        if (!SharedFolders.IsCanonical(folder) || folder == "/") throw HostConnection.Wrong("folder", "must be an absolute, canonical path without control characters");
        var shared = connection.List("sharedFolders");
        for (var i = 0; i < shared.Count; i++)
        {
            if (!SharedFolders.IsCanonical(shared[i]) || shared[i] == "/")
                throw HostConnection.Wrong(string.Create(CultureInfo.InvariantCulture, $"sharedFolders:{i}"), "must be an absolute, canonical path other than /");
        }

        return new VirtualBoxOptions
        {
            Host = connection.Host,
            Staging = Path.Combine(Path.GetFullPath(connection.Folder), "staging"),
            Folder = folder,
            Program = program,
            Ssh = ssh,
            Frontend = frontend,
            SharedFolders = shared,
            Timeout = timeout,
        };
    }
}
