using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Qemu;

/// <summary>The files of one machine. Names here are the on-disk format: a newer server must find an older one's machines.</summary>
internal sealed class MachineFolder
{
    /// <summary>Bytes of a unix socket path without the closing zero: <c>sun_path</c> in unix(7) has 108.</summary>
    internal const int LongestSocketPath = 107;


    internal MachineFolder(string machinesFolder, string id)
    {
        DefinitionRules.CheckId(id);
        Id = id;
        Root = System.IO.Path.GetFullPath(machinesFolder);
        Path = System.IO.Path.Combine(Root, id);
    }

    internal string Id { get; }

    internal string Root { get; }

    internal string Path { get; }

    /// <summary>The definition; its presence is the ownership mark.</summary>
    internal string Definition => In("machine.json");

    internal string SystemDisk => In("disk.qcow2");

    internal string Seed => In("seed.iso");

    internal string FirmwareVariables => In("efivars.fd");

    internal string QmpSocket => In("qmp.sock");

    internal string RfbSocket => In("rfb.sock");

    internal string SerialSocket => In("serial.sock");

    internal string AgentSocket => In("agent.sock");

    internal string ClipboardSocket => In("clip.sock");

    internal string StateSocket => In("state.sock");

    internal string SerialLog => In("serial.log");

    /// <summary>Marks a fork that has not yet run.</summary>
    internal string Unfinished => In("fork.unfinished");

    /// <summary>There while the QEMU of a fork waits for a warm image that is still being made.</summary>
    internal string Ahead => In("fork.ahead");

    /// <summary>There while the guest's file systems are kept still.</summary>
    internal string Quiet => In("quiet");

    /// <summary>Marks a fork that has its parent's identity.</summary>
    internal string Twin => In("fork.twin");

    /// <summary>Marks a machine that starts with its host.</summary>
    internal string Autostart => In("autostart");

    /// <summary>Held while a forward of the moment is made; see <see cref="MomentFile"/>.</summary>
    internal string PortMoment => In("port.moment");

    internal string QemuLog => In("qemu.log");

    internal string PidFile => In("qemu.pid");

    internal string ProcessRecord => In("process.json");

    internal bool Exists => File.Exists(Definition);

    internal string DataDisk(int index) => In($"data-{index}.qcow2");

    internal string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A stable UUID for SMBIOS, so that the guest sees the same hardware at every start.</summary>
    internal Guid HardwareId => new(SHA256.HashData(Encoding.UTF8.GetBytes("warren machine " + Id)).AsSpan(0, 16));

    /// <summary>Refuses a data folder too deep for unix sockets before anything is made in it.</summary>
    internal void CheckSocketPaths()
    {
        var longest = Encoding.UTF8.GetByteCount(SerialSocket);
        if (longest > LongestSocketPath)
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected,
                $"the data folder {Root} is too deep: the socket {SerialSocket} needs {longest} bytes and unix sockets allow {LongestSocketPath}; choose a shorter data folder");
        }
    }

    /// <summary>Makes the folder, private from its first moment.</summary>
    internal void Make()
    {
        Directory.CreateDirectory(Root, OwnerOnly.Folder);
        Directory.CreateDirectory(Path, OwnerOnly.Folder);
    }

    /// <summary>Removes the folder: renamed first, so that a half-removed machine is never taken for a machine.</summary>
    internal void Remove()
    {
        if (!Directory.Exists(Path)) return;
        var doomed = System.IO.Path.Combine(Root, DeletingPrefix + Id + "-" + Guid.NewGuid().ToString("n"));
        Directory.Move(Path, doomed);
        Delete(doomed);
    }

    /// <summary>Removes what a crash left half-removed.</summary>
    internal static void Sweep(string root)
    {
        if (!Directory.Exists(root)) return;
        foreach (var left in Directory.EnumerateDirectories(root, DeletingPrefix + "*")) Delete(left);
    }

    /// <summary>With everything in it, while another sweep, or a QEMU that has just ended, may still be removing files there.</summary>
    private static void Delete(string folder)
    {
        while (Directory.Exists(folder))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Something in it went between being listed and being removed; each round there is less of that.
            }
        }
    }

    private const string DeletingPrefix = ".deleting-";
}
