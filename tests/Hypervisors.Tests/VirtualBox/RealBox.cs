using Hypervisors.Tests.Qemu;
using Warren.Hypervisors.VirtualBox;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Hypervisors.Tests.VirtualBox;

/// <summary>The real VBoxManage of a folder that eng/fetch-virtualbox has filled, with settings and a service of these tests alone.</summary>
public sealed class RealBox : IAsyncLifetime
{
    /// <summary>Why there is none, or null.</summary>
    internal string? Absent { get; private set; }

    /// <summary>It has been seen that no machine starts here.</summary>
    internal bool StartsNothing { get; set; }

    internal string Folder { get; private set; } = "";

    private string Root { get; set; } = "";

    internal string Program => Path.Combine(Folder, "VBoxManage");

    internal VirtualBoxOptions Options => new()
    {
        Host = "test",
        Staging = Path.Combine(Folder, "staging"),
        Folder = Path.Combine(Folder, "host"),
        Program = Program,
    };

    internal IBoxTool Tool => new BoxTool(Program, null);

    internal VirtualBoxHypervisor NewDriver() => new(Options, Tool, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        var from = Environment.GetEnvironmentVariable("WARREN_TEST_VIRTUALBOX") is { Length: > 0 } given
            ? Path.GetFullPath(given) : Path.Combine(TinyImage.Clone(), ".cache", "virtualbox");
        if (Environment.UserName != "root") Absent = "VBoxManage in a root of its own needs root";
        else if (!File.Exists(Path.Combine(from, "complete"))) Absent = $"VirtualBox is not in {from}: eng/fetch-virtualbox {from}, and WARREN_TEST_VIRTUALBOX names that folder";
        if (Absent is not null) return;
        Root = Path.Combine(from, "root");
        Folder = Directory.CreateTempSubdirectory("warren-vbox-real-").FullName;
        await File.WriteAllTextAsync(Program, $"#!/bin/sh\nWARREN_VIRTUALBOX_FOLDER='{Folder}' exec '{from}/vboxmanage' \"$@\"\n");
        File.SetUnixFileMode(Program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The service ends some seconds after its last customer; until then it may still write its settings.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Folder.Length == 0) return;
        await Eventually.TrueAsync("VirtualBox's service ends", () => Task.FromResult(!Services().Any()), 30);
        Directory.Delete(Folder, recursive: true);
        // The empty place where it was mounted, seen by nobody else.
        Directory.Delete(Root + Folder, recursive: true);
        var sockets = Path.Combine(Root, "tmp", $".vbox-root-{Path.GetFileName(Folder)}");
        if (Directory.Exists(sockets)) Directory.Delete(sockets, recursive: true);
    }

    private IEnumerable<string> Services() => Directory.EnumerateDirectories("/proc").Where(p =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(p, "environ")).Contains($"VBOX_USER_HOME={Folder}/", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
