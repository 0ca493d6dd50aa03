using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Templates;

/// <summary>From a launch that names a template to the whole request: what the request leaves out, the template says.</summary>
internal sealed class TemplateLaunch(TemplateCommands templates, Caller caller)
{
    /// <summary>The whole request; the same one when it names no template.</summary>
    /// <exception cref="RefusedException">There is no such template.</exception>
    public async Task<LaunchRequest> ApplyAsync(LaunchRequest request, CancellationToken cancellation)
    {
        Confinement.DemandTemplate(caller, request);
        if (request.Template is not { } wanted) return request;
        var (reference, text) = await ReadAsync(wanted, cancellation);
        var machine = request.Name ?? TemplateRenderer.MachineName(text, caller.UserName) ?? MachineNames.New();
        return Merge(request, TemplateRenderer.Render(text, caller.UserName, machine)) with { Template = reference };
    }

    /// <summary>What the template that a request names says; null when it names none.</summary>
    /// <exception cref="RefusedException">There is no such template.</exception>
    public async Task<TemplateContent?> ContentAsync(LaunchRequest request, CancellationToken cancellation)
        => request.Template is { } wanted ? (await ReadAsync(wanted, cancellation)).Text.Content : null;

    /// <summary>A template by <c>name</c> or <c>name@version</c>, and which version that is now.</summary>
    /// <exception cref="RefusedException">There is no such template.</exception>
    public async Task<(string Reference, TemplateText Text)> ReadAsync(string wanted, CancellationToken cancellation)
    {
        var (name, version) = Split(wanted);
        try
        {
            var found = await templates.FindAsync(name, version, cancellation);
            return ($"{found.Name}@{found.Version}", TemplateParser.Demand(found.Yaml));
        }
        catch (RefusedException e) when (e.Problem.Status == 404)
        {
            throw new RefusedException(Problems.Validation("template", e.Message));
        }
    }

    /// <summary>The request's own fields win. A network and forwards exclude each other, so naming one drops the template's other.</summary>
    private static LaunchRequest Merge(LaunchRequest own, LaunchRequest preset) => own with
    {
        Name = own.Name ?? preset.Name,
        Image = own.Image ?? (own.GoldenImage is null ? preset.Image : null),
        GoldenImage = own.GoldenImage ?? (own.Image is null ? preset.GoldenImage : null),
        HostLabels = own.HostLabels.Count > 0 ? own.HostLabels : preset.HostLabels,
        Requires = own.Requires.Count > 0 ? own.Requires : preset.Requires,
        Network = own.Network ?? (own.Forwards.Count > 0 ? null : preset.Network),
        NetworkMode = own.NetworkMode ?? (own.Network is null ? preset.NetworkMode : null),
        Egress = own.Egress.Count > 0 || own.Network is not null || own.NetworkMode is not (null or MachineNetworkMode.Internet) ? own.Egress : preset.Egress,
        NetworkMbps = own.NetworkMbps ?? (own.Network is null ? preset.NetworkMbps : null),
        DiskMiBps = own.DiskMiBps ?? preset.DiskMiBps,
        DiskIops = own.DiskIops ?? preset.DiskIops,
        Forwards = own.Forwards.Count > 0 || own.Network is not null ? own.Forwards : preset.Forwards,
        MemoryMiB = own.MemoryMiB ?? preset.MemoryMiB,
        Cpus = own.Cpus ?? preset.Cpus,
        DiskGiB = own.DiskGiB ?? preset.DiskGiB,
        Firmware = own.Firmware ?? preset.Firmware,
        Video = own.Video ?? preset.Video,
        DataDisks = own.DataDisks.Count > 0 ? own.DataDisks : preset.DataDisks,
        Keys = own.Keys.Count > 0 ? own.Keys : preset.Keys,
        UserData = own.UserData ?? preset.UserData,
        TtlSeconds = own.TtlSeconds ?? preset.TtlSeconds,
        RecordScreen = own.RecordScreen ?? preset.RecordScreen,
    };

    private static (string Name, int? Version) Split(string wanted)
    {
        var at = wanted.LastIndexOf('@');
        if (at < 0) return (wanted, null);
        return int.TryParse(wanted.AsSpan(at + 1), out var version) && version > 0 ? (wanted[..at], version)
            : throw new RefusedException(Problems.Validation("template", "must be a name, or name@version"));
    }
}
