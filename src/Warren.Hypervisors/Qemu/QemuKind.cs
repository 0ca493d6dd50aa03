namespace Warren.Hypervisors.Qemu;

/// <summary>QEMU on the server's own machine.</summary>
public static class QemuKind
{
    /// <summary>Its description and how it is made.</summary>
    public static HypervisorKind Kind { get; } = new()
    {
        Name = "qemu",
        Title = "QEMU",
        Summary = "QEMU on the server's own machine: a folder and a detached process per machine, no daemon between.",
        Settings =
        [
            new("program", "The emulator: a name in PATH or an absolute path.") { Default = "qemu-system-x86_64" },
            new("imgProgram", "The disk tool.") { Default = "qemu-img" },
            new("accelerator", "auto: KVM when a guest really boots with it, else TCG; kvm or tcg: that one.") { Default = "auto" },
            new("tcgCpu", "CPU that guests see without KVM; max for one with everything that QEMU can emulate.") { Default = EmulatedCpu.Argument },
            new("users", "Users that machines run under where the server is root: FIRST-LAST, numbers that nobody else has; off: all run as the server.") { Default = "2140000000-2140999999" },
            new("environment", "Variables for QEMU: environment:NAME=value.") { Shape = SettingShape.Map },
            new("extraArguments", "Arguments put before all others: extraArguments:0=…") { Shape = SettingShape.List },
        ],
        NetworkModes = true,
        EgressLists = true,
        NetworkLimits = true,
        DiskLimits = true,
        AddedAtRunTime = false,
        Connect = Connect,
    };

    private static QemuHypervisor Connect(HostConnection connection)
    {
        if (!OperatingSystem.IsLinux()) throw new HypervisorException(HypervisorErrorKind.Unsupported, "the driver qemu runs on Linux only");
        var defaults = new QemuOptions { MachinesFolder = connection.Folder };
        return new QemuHypervisor(defaults with
        {
            QemuProgram = connection.Text("program") ?? defaults.QemuProgram,
            QemuImgProgram = connection.Text("imgProgram") ?? defaults.QemuImgProgram,
            Accelerator = connection.Text("accelerator") ?? defaults.Accelerator,
            TcgCpu = connection.Text("tcgCpu") ?? defaults.TcgCpu,
            Users = connection.Text("users") is { } users ? Confinement.UserRange.Parse(users) : defaults.Users,
            Environment = connection.Map("environment"),
            ExtraArguments = connection.List("extraArguments"),
            KeepAgentLines = true,
        }, connection.Clock);
    }
}
