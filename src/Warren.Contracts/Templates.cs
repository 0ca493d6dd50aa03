namespace Warren.Contracts;

/// <summary>What is recorded of machines made from a template.</summary>
public enum RecordingPolicy
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>The serial console.</summary>
    Serial,

    /// <summary>The screen.</summary>
    Screen,
}

/// <summary>A template: a YAML preset that machines are launched from. The format is in docs/templates.md.</summary>
public sealed record Template
{
    /// <summary>Name, unique in its project.</summary>
    public required string Name { get; init; }

    /// <summary>Number of this version; each change makes the next one.</summary>
    public required int Version { get; init; }

    /// <summary>Shipped with Warren: it cannot be changed or deleted.</summary>
    public bool Builtin { get; init; }

    /// <summary>Name of the owner; absent for a built-in one.</summary>
    public string? Owner { get; init; }

    /// <summary>Name of the project; absent for a built-in one.</summary>
    public string? Project { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Image that its machines start from.</summary>
    public string? Image { get; init; }

    /// <summary>Golden image that its machines are forked or cloned from.</summary>
    public string? GoldenImage { get; init; }

    /// <summary>When this version was made; absent for a built-in one.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The exact text; absent in lists.</summary>
    public string? Yaml { get; init; }

    /// <summary>What the text says; absent in the list of versions, and where a text that was saved once is not understood any more.</summary>
    public TemplateContent? Content { get; init; }
}

/// <summary>What a template says; what it leaves out is absent and decided at the launch.</summary>
public sealed record TemplateContent
{
    /// <summary>Name of its machines, with placeholders.</summary>
    public string? MachineName { get; init; }

    /// <summary>Memory in MiB.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public int? Cpus { get; init; }

    /// <summary>System disk in GiB.</summary>
    public int? DiskGiB { get; init; }

    /// <summary>Firmware.</summary>
    public MachineFirmware? Firmware { get; init; }

    /// <summary>Graphics card.</summary>
    public MachineVideo? Video { get; init; }

    /// <summary>Network of the host.</summary>
    public string? Network { get; init; }

    /// <summary>What guests may reach.</summary>
    public MachineNetworkMode? NetworkMode { get; init; }

    /// <summary>Where to alone guests may connect; empty: wherever their network mode lets them.</summary>
    public IReadOnlyList<string> Egress { get; init; } = [];

    /// <summary>What a network may send, and as much again receive, in Mbit/s.</summary>
    public int? NetworkMbps { get; init; }

    /// <summary>What all disks of a machine together may read and write, in MiB/s.</summary>
    public int? DiskMiBps { get; init; }

    /// <summary>Reads and writes of all disks of a machine together in a second.</summary>
    public int? DiskIops { get; init; }

    /// <summary>Further disks.</summary>
    public IReadOnlyList<DataDiskSpec> DataDisks { get; init; } = [];

    /// <summary>Ports to open besides SSH.</summary>
    public IReadOnlyList<ForwardRequest> Forwards { get; init; } = [];

    /// <summary>Names of SSH keys.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Labels that the host must have.</summary>
    public IReadOnlyDictionary<string, string> HostLabels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Capabilities that the host must have.</summary>
    public IReadOnlyList<string> Requires { get; init; } = [];

    /// <summary>Steps that prepare the guest, in order.</summary>
    public IReadOnlyList<TemplateStep> Provision { get; init; } = [];

    /// <summary>What a pool of its machines takes when its request does not say.</summary>
    public TemplatePool? Pool { get; init; }

    /// <summary>What is to be recorded.</summary>
    public RecordingPolicy Recording { get; init; }

    /// <summary>Seconds after which its machines are deleted by themselves; in a pool, how long a lease lasts.</summary>
    public int? TtlSeconds { get; init; }
}

/// <summary>A step that prepares the guest.</summary>
/// <param name="Name">Its name, which the guest's log tells.</param>
/// <param name="File">The file that it writes; absent for a shell script.</param>
public sealed record TemplateStep(string Name, string? File = null);

/// <summary>What a template says of pools: POST /pools takes it for what the request leaves out.</summary>
public sealed record TemplatePool
{
    /// <summary>Spares to keep.</summary>
    public required int Target { get; init; }

    /// <summary>Fewer ready spares than this are told by an event.</summary>
    public int? Min { get; init; }

    /// <summary>Most machines in all.</summary>
    public int? Max { get; init; }

    /// <summary>Seconds after which a spare is replaced.</summary>
    public int? MaxAgeSeconds { get; init; }

    /// <summary><c>fork</c>: its golden image must be a warm one; <c>clone</c>: one of disks only. Says nothing of a template with an image.</summary>
    public string? Kind { get; init; }
}

/// <summary>POST /templates and PUT /templates/{name}; the same as the bare text sent as <c>application/yaml</c>.</summary>
public sealed record SaveTemplateRequest
{
    /// <summary>The text.</summary>
    public required string Yaml { get; init; }
}

/// <summary>POST /templates/validate.</summary>
public sealed record ValidateTemplateRequest
{
    /// <summary>The text.</summary>
    public required string Yaml { get; init; }

    /// <summary>Stands for <c>{user}</c>; the caller's name when left out.</summary>
    public string? User { get; init; }

    /// <summary>Stands for <c>{machine}</c>; the template's own pattern, else <c>machine</c>, when left out.</summary>
    public string? Machine { get; init; }
}

/// <summary>Answer to POST /templates/validate.</summary>
public sealed record TemplateValidation
{
    /// <summary>Whether it may be saved.</summary>
    public required bool Valid { get; init; }

    /// <summary>Every mistake, in the order of the text.</summary>
    public IReadOnlyList<TextMistake> Errors { get; init; } = [];

    /// <summary>The launch that it stands for, placeholders filled in; absent when there are mistakes.</summary>
    public LaunchRequest? Rendered { get; init; }
}
