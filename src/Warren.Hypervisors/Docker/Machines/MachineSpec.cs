using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Docker.Machines;

/// <summary>
/// The description of a machine's container (POST /containers/create). Names, paths and texts are values of JSON:
/// mounts are objects, not the colon-separated binds, so that nothing in a path can be read as an option.
/// </summary>
internal static class MachineSpec
{
    /// <summary>Memory beside the guest's own, for QEMU and the web page.</summary>
    private const long OverheadMiB = 1024;

    private const int MostProcesses = 4096;

    internal static JsonObject Build(MachineDefinition definition, BootSource boot, Offer offer, DockerOptions options, MachineMarks marks)
    {
        var labels = marks.Labels(definition.Id);
        labels[MachineMarks.Boot] = JsonSerializer.Serialize(boot);
        labels[MachineMarks.DiskGiB] = definition.DiskGiB.ToString(CultureInfo.InvariantCulture);
        if (definition.Seed is { } seed) labels[MachineMarks.Seed] = Digest(JsonSerializer.Serialize(seed));
        var ports = Ports(definition, options);
        var exposed = new JsonObject();
        foreach (var (port, _) in ports) exposed[port] = new JsonObject();
        var body = new JsonObject
        {
            ["Image"] = boot.Image,
            ["Env"] = new JsonArray([.. MachineEnvironment.Build(definition, boot, offer, options.StopGrace).Select(v => JsonValue.Create(v))]),
            // A terminal: the log is then the serial console's own bytes, and attaching is typing on it.
            ["Tty"] = true,
            ["OpenStdin"] = true,
            ["StopSignal"] = "SIGTERM",
            ["StopTimeout"] = (int)options.StopGrace.TotalSeconds,
            ["ExposedPorts"] = exposed,
            ["Labels"] = labels,
            ["HostConfig"] = HostConfig(definition, boot, offer, options, ports),
        };
        labels[MachineMarks.Spec] = Digest(body.ToJsonString());
        return body;
    }

    /// <summary>What <see cref="MachineMarks.Spec"/> of a description says.</summary>
    internal static string DigestOf(JsonObject body) => (string)body["Labels"]![MachineMarks.Spec]!;

    internal static JsonArray Mounts(string id, BootSource boot)
    {
        var mounts = new JsonArray(Mount("volume", MachineMarks.Name(id), StoragePaths.Storage, readOnly: false));
        if (boot.Volume is { } volume) mounts.Add(Mount("volume", volume, StoragePaths.BaseFolder, readOnly: true));
        else if (boot.Path is { } path) mounts.Add(Mount("bind", path, boot.Format == "iso" ? "/boot.iso" : StoragePaths.Base, readOnly: true));
        return mounts;
    }

    internal static JsonObject Mount(string type, string source, string target, bool readOnly) =>
        new() { ["Type"] = type, ["Source"] = source, ["Target"] = target, ["ReadOnly"] = readOnly };

    internal static JsonObject Device(string path) =>
        new() { ["PathOnHost"] = path, ["PathInContainer"] = path, ["CgroupPermissions"] = "rwm" };

    private static JsonObject HostConfig(MachineDefinition definition, BootSource boot, Offer offer, DockerOptions options, JsonObject ports)
    {
        var mounts = Mounts(definition.Id, boot);
        for (var i = 0; i < definition.DataDisks.Count; i++)
        {
            if (definition.DataDisks[i].ExistingPath is { } path) mounts.Add(Mount("bind", path, StoragePaths.ExistingDisk(i), definition.Ephemeral));
        }

        if (definition.Options.TryGetValue("oemFolder", out var oem)) mounts.Add(Mount("bind", oem, "/oem", readOnly: true));
        if (definition.Options.TryGetValue("sharedFolder", out var shared)) mounts.Add(Mount("bind", shared, "/shared", readOnly: false));
        var devices = new JsonArray();
        if (offer.Kvm) devices.Add(Device("/dev/kvm"));
        if (offer.Tap) devices.Add(Device("/dev/net/tun"));
        var config = new JsonObject
        {
            ["Mounts"] = mounts,
            ["PortBindings"] = ports,
            ["Devices"] = devices,
            ["CapAdd"] = offer.Tap ? new JsonArray("NET_ADMIN") : [],
            ["SecurityOpt"] = new JsonArray("no-new-privileges"),
            ["Memory"] = (definition.MemoryMiB + OverheadMiB) << 20,
            ["PidsLimit"] = MostProcesses,
            ["LogConfig"] = new JsonObject
            {
                ["Type"] = "json-file",
                ["Config"] = new JsonObject { ["max-size"] = "8m", ["max-file"] = "2" },
            },
        };
        if (options.OpenFiles > 0) config["Ulimits"] = new JsonArray(new JsonObject { ["Name"] = "nofile", ["Soft"] = options.OpenFiles, ["Hard"] = options.OpenFiles });
        return config;
    }

    /// <summary>Forwards where they say; screen and remote desktop on a port that the engine chooses at each start.</summary>
    private static JsonObject Ports(MachineDefinition definition, DockerOptions options)
    {
        var ports = new JsonObject
        {
            [Key(MachineEnvironment.WebPort, "tcp")] = new JsonArray(Binding(options.PublishAddress, "")),
            [Key(MachineEnvironment.RemoteDesktopPort, "tcp")] = new JsonArray(Binding(options.PublishAddress, "")),
        };
        foreach (var forward in definition.Forwards)
        {
            var key = Key(forward.GuestPort, forward.Protocol);
            if (ports[key] is not JsonArray bindings) ports[key] = bindings = [];
            bindings.Add(Binding(forward.HostAddress, forward.HostPort.ToString(CultureInfo.InvariantCulture)));
        }

        return ports;
    }

    private static string Key(int port, string protocol) => string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}");

    private static JsonObject Binding(string address, string port) => new() { ["HostIp"] = address, ["HostPort"] = port };

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
