using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.VirtualBox;

/// <summary>How a VirtualBox host is reached and used.</summary>
internal sealed record VirtualBoxOptions
{
    /// <summary>The host's name, part of the mark on machines.</summary>
    public required string Host { get; init; }

    /// <summary>A folder of the server for what is on its way to the host.</summary>
    public required string Staging { get; init; }

    /// <summary>The folder on the host that holds our machines, each in one of its own.</summary>
    public required string Folder { get; init; }

    /// <summary>VBoxManage: a name in PATH or an absolute path.</summary>
    public string Program { get; init; } = "VBoxManage";

    /// <summary>Where ssh leads; null for the server's own machine.</summary>
    public SshTarget? Ssh { get; init; }

    /// <summary>How a machine's window is shown where it does not say: <c>headless</c> or <c>gui</c>.</summary>
    public string Frontend { get; init; } = "headless";

    /// <summary>Folders of the host below which machines may share.</summary>
    public IReadOnlyList<string> SharedFolders { get; init; } = [];

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a change may take: copying a disk takes minutes.</summary>
    public TimeSpan ChangeTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>What tells this host from others, for turns.</summary>
    internal string Place => $"virtualbox:{Ssh}:{Folder}";
}
