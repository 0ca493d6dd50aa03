using System.Text.RegularExpressions;
using Warren.Contracts;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Templates.CloudConfig;
using Warren.Server.Templates.Yaml;
using Warren.Server.Web;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates;

/// <summary>Reads a template's text strictly, and tells all of its mistakes at once. The format is described in docs/templates.md.</summary>
internal static partial class TemplateParser
{
    /// <summary>In characters; user-data, which most of it becomes, is limited in the same order.</summary>
    public const int LongestText = 64 * 1024;

    private const string ImageRule = "must be a name of at most 255 characters without control characters";
    private static readonly string[] s_userOnly = [Placeholders.User];

    /// <summary>Reads a text that must be right.</summary>
    /// <exception cref="RefusedException">It has mistakes.</exception>
    public static TemplateText Demand(string yaml)
    {
        var mistakes = new Mistakes();
        var text = Parse(yaml, mistakes);
        return text is not null && !mistakes.Any ? text : throw new RefusedException(CloudConfigCheck.Problem(mistakes.All, "yaml"));
    }

    /// <summary>Reads a text; null when nothing can be made of it.</summary>
    public static TemplateText? Parse(string yaml, Mistakes mistakes)
    {
        if (yaml.Length > LongestText) mistakes.Add(1, 1, "", $"is longer than {LongestText} characters");
        else if (YamlText.Read(yaml, mistakes) is { } root)
        {
            if (root is YamlMappingNode map) return Read(new YamlMap(map, "", mistakes), yaml, mistakes);
            mistakes.Add(root, "", "must be a mapping of fields");
        }

        return null;
    }

    private static TemplateText? Read(YamlMap map, string yaml, Mistakes mistakes)
    {
        var name = map.Text("name", Names.IsHostLabel, $"must be {Names.HostLabelRule}", required: true);
        var description = map.Text("description", d => d.Length <= Check.LongestDescription, $"must have at most {Check.LongestDescription} characters");
        var (image, golden) = (map.Text("image", IsPlain, ImageRule), map.Text("goldenImage", IsPlain, ImageRule));
        if (map.Node("image") is null == map.Node("goldenImage") is null) map.Refuse(golden is null ? "image" : "goldenImage", "exactly one of image and goldenImage is needed");
        var machineName = map.Text("machineName");
        if (machineName is not null) ProvisionParser.CheckPlaceholders(map.Node("machineName")!, "machineName", s_userOnly, mistakes);
        var (memory, cpus, disk) = Resources(map.Map("resources"));
        var content = new TemplateContent
        {
            MachineName = machineName,
            MemoryMiB = memory,
            Cpus = cpus,
            DiskGiB = disk,
            Firmware = map.OneOf("firmware", "bios", "uefi") switch { "bios" => MachineFirmware.Bios, "uefi" => MachineFirmware.Uefi, _ => null },
            Video = map.OneOf("video", "std", "virtio") switch { "std" => MachineVideo.Std, "virtio" => MachineVideo.Virtio, _ => null },
            Network = Network(map),
            NetworkMode = map.OneOf("networkMode", "isolated", "internet", "lan") switch
            {
                "isolated" => MachineNetworkMode.Isolated,
                "internet" => MachineNetworkMode.Internet,
                "lan" => MachineNetworkMode.Lan,
                _ => null,
            },
            Egress = Egress(map),
            NetworkMbps = map.Number("networkMbps", 1, Hypervisors.DefinitionRules.MostMbps),
            DiskMiBps = map.Number("diskMiBps", 1, Hypervisors.DefinitionRules.MostDiskMiBps),
            DiskIops = map.Number("diskIops", Hypervisors.DefinitionRules.FewestDiskIops, Hypervisors.DefinitionRules.MostDiskIops),
            DataDisks = [.. Maps(map.Items("dataDisks"), mistakes).Select(DataDisk)],
            Forwards = [.. map.Items("forwards").Select(f => Forward(f.Node, f.Path, mistakes)).OfType<ForwardRequest>()],
            Keys = map.Texts("keys"),
            HostLabels = map.Pairs("hostLabels"),
            Requires = map.Texts("requires"),
            Pool = Pool(map.Map("pool")),
            Recording = map.OneOf("recording", "off", "serial", "screen") switch { "serial" => RecordingPolicy.Serial, "screen" => RecordingPolicy.Screen, _ => RecordingPolicy.Off },
            TtlSeconds = map.Seconds("ttl"),
        };
        foreach (var wrong in content.Requires.Where(r => !Hypervisors.Capabilities.All.Contains(r)))
            map.Refuse("requires", $"'{wrong}' is not known; known: {string.Join(", ", Hypervisors.Capabilities.All)}");
        var (config, script) = ProvisionParser.CloudInit(map, yaml, mistakes);
        var steps = ProvisionParser.Steps(map, mistakes);
        if (script is not null && steps.Count > 0) map.Refuse("provision", "needs cloud-config, and cloudInit is a script");
        map.Done();
        if (name is null) return null;
        return new TemplateText
        {
            Name = name,
            Description = description,
            Image = image,
            GoldenImage = golden,
            Content = content with { Provision = [.. steps.Select(s => new TemplateStep(s.Name, s.Path))] },
            CloudConfig = config,
            Script = script,
            Steps = steps,
        };
    }

    private static (int? Memory, int? Cpus, int? Disk) Resources(YamlMap? map)
    {
        if (map is null) return default;
        var read = (map.Size("memory", 1L << 20, "512M, 2G, or a number of MiB"), map.Number("cpus", 1, 1024), map.Size("disk", 1L << 30, "10G, or a number of GiB"));
        map.Done();
        return read;
    }

    private static string? Network(YamlMap map)
    {
        var (one, several) = (map.Text("network"), map.Texts("networks"));
        if (several.Count > 1 || (one is not null && several.Count > 0)) map.Refuse("networks", "a machine is plugged into one network");
        return one ?? (several.Count > 0 ? several[0] : null);
    }

    private static IReadOnlyList<string> Egress(YamlMap map)
    {
        var asked = map.Texts("egress");
        if (EgressRules.Mistake(asked) is { } mistake) map.Refuse("egress", mistake);
        return EgressRules.Canonical(asked);
    }

    private static DataDiskSpec DataDisk(YamlMap map)
    {
        var disk = new DataDiskSpec { SizeGiB = map.Size("size", 1L << 30, "10G, or a number of GiB"), Path = map.Text("path"), Format = map.OneOf("format", "qcow2", "raw") };
        if (map.Node("size") is null == map.Node("path") is null) map.Refuse("size", "exactly one of size and path is needed");
        map.Done();
        return disk;
    }

    /// <summary><c>80</c>, <c>8080:80</c>, <c>53/udp</c>, as the command line has it, or a mapping as the API has it.</summary>
    private static ForwardRequest? Forward(YamlNode node, string path, Mistakes mistakes)
    {
        if (node is YamlMappingNode mapping)
        {
            var map = new YamlMap(mapping, path, mistakes);
            var (guest, host, protocol) = (map.Number("guestPort", 1, 65535, required: true), map.Number("hostPort", 1, 65535), map.OneOf("protocol", "tcp", "udp"));
            map.Done();
            return guest is null ? null : new ForwardRequest { GuestPort = guest.Value, HostPort = host, Protocol = protocol ?? "tcp" };
        }

        if (node is YamlScalarNode { Value: { } text } && ForwardText().Match(text) is { Success: true } match
            && Port(match.Groups["guest"].Value) is { } to && (!match.Groups["host"].Success || Port(match.Groups["host"].Value) is not null))
            return new ForwardRequest { GuestPort = to, HostPort = Port(match.Groups["host"].Value), Protocol = match.Groups["udp"].Success ? "udp" : "tcp" };
        mistakes.Add(node, path, "must be a port: 80, 8080:80 (host:guest), 53/udp");
        return null;
    }

    private static TemplatePool? Pool(YamlMap? map)
    {
        if (map is null) return null;
        var (target, min, max) = (map.Number("target", 0, 1000, required: true), map.Number("min", 0, 1000), map.Number("max", 0, 1000));
        var (age, kind) = (map.Seconds("maxAge"), map.OneOf("kind", "fork", "clone"));
        if (min > target) map.Refuse("min", "is more than target");
        if (max < target) map.Refuse("max", "is less than target");
        map.Done();
        return target is null ? null : new TemplatePool { Target = target.Value, Min = min, Max = max, MaxAgeSeconds = age, Kind = kind };
    }

    private static IEnumerable<YamlMap> Maps(IEnumerable<(YamlNode Node, string Path)> items, Mistakes mistakes)
    {
        foreach (var (node, path) in items)
            if (node is YamlMappingNode map) yield return new YamlMap(map, path, mistakes);
            else mistakes.Add(node, path, "must be a mapping of fields");
    }

    private static int? Port(string text) => int.TryParse(text, out var port) && port is >= 1 and <= 65535 ? port : null;

    private static bool IsPlain(string text) => text.Length <= 255 && !text.Any(char.IsControl);

    [GeneratedRegex(@"\A(?:(?<host>[0-9]{1,5}):)?(?<guest>[0-9]{1,5})(?:/(?:tcp|(?<udp>udp)))?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ForwardText();
}
