using Warren.Contracts;
using Warren.Server.Templates;
using Warren.Server.Vagrant;

#pragma warning disable RS0030 // Random with a seed: the same configurations each time.

namespace Warren.Server.Tests.Vagrant;

/// <summary>Plans of every shape; the texts that people choose freely are hostile.</summary>
internal static class RandomPlans
{
    /// <summary>Texts that mean something to Ruby, to a shell, to PowerShell, or to whoever reads files line by line.</summary>
    public static readonly string[] Hostile =
    [
        "\"", "'", "\\", "\\\"", "#{`id`}", "#{exit!}", "#$0", "#@x", "\"; system(\"id\"); \"", "\" + `id` + \"", "' + `id` + '", "`id`", "%x(id)", "$(id)", "${IFS}",
        "\nend\nsystem('id')\n", "\r\nend\r\n", "\nSCRIPT\nsystem('id')\n", "SCRIPT", "SCRIPT_2\nSCRIPT", "<<'SCRIPT'", "<<~X\n#{1}\nX", "\n__END__\n", "__END__", "\n=begin\n", "=end",
        "\0", "\u0004", "\u001a", "\u007f", "\u0085", "\u2028x", "\u2029", "\ufeff", "\u202e", "ü", "日本", "😀", "\ud800", "\udc00x", "\\u{41}", "\\x41", "\\M-a", "\\c", "\\\n", "?x", ":x", "%q{",
        "}", "{", "|x|", "do |config|", "end", "end end end", "config.vm.box = 1", "# comment", "#", "##", "a#", "\t", " ", "  \n  ", "\n", "\n\n", "x\ny", "x\n", "\nx",
        "WARREN_FILE\nid", "\nWARREN_FILE\n", "WARREN_FILE_2 WARREN_FILE", "‘; id", "’’", "‚x‛", "$env:X", "@'\nx\n'@", "--%", "&id", ";id", "|id", ">x", "<x", "*", "?", "~", "!", "!!", "^", "%PATH%",
        "-x", "--help", "\\", "\\\\", "\\'", "\"\"\"", "'''", "0", "nil", "#{\"#{1}\"}", "'#{1}'", "\"#{1}\"", "\x1b[31m",
    ];

    private static readonly string[] s_names = ["web", "a", "db-1", "x0", "a-b-c", "end", "do", "nil"];
    private static readonly string[] s_boxes = ["generic/debian12", "bento/ubuntu-24.04", "mine", "a b/#{1}", "ü/ä"];
    private static readonly string?[] s_versions = [null, "4.3.12", ">= 4.0, < 5", "~> 4.3", "> 1", "= 2024.5.1"];

    public static VagrantPlan Next(Random random)
    {
        string Free() => Hostile[random.Next(Hostile.Length)];
        bool Coin() => random.Next(2) == 0;
        var plain = Hostile.Where(h => !h.Any(char.IsControl)).ToArray();
        string Plain() => "x" + plain[random.Next(plain.Length)];
        return new VagrantPlan
        {
            Name = s_names[random.Next(s_names.Length)],
            Source = $"Template {Free()}",
            Box = s_boxes[random.Next(s_boxes.Length)],
            BoxVersion = s_versions[random.Next(s_versions.Length)],
            MemoryMiB = Coin() ? random.Next(64, 65536) : null,
            Cpus = Coin() ? random.Next(1, 32) : null,
            DiskGiB = Coin() ? random.Next(1, 2000) : null,
            Uefi = Coin(),
            VirtioVideo = Coin(),
            DataDisks = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(1, 500))],
            Forwards = [.. Enumerable.Range(0, random.Next(4)).Select(i => new Forward(Coin() ? "tcp" : "udp", "127.0.0.1", 20000 + i, random.Next(1, 65536)))],
            Folders = [.. Enumerable.Range(0, random.Next(3)).Select(i => new VagrantFolder($"shared{i}/{Plain()}", $"/srv/{i}{Plain()}"))],
            Networks = [.. Enumerable.Range(0, random.Next(3)).Select(i => Coin()
                ? new VagrantNetwork { Kind = VagrantNetworkKind.Private, Address = Coin() ? $"192.168.56.{10 + i}" : null }
                : new VagrantNetwork { Kind = VagrantNetworkKind.Public, Bridge = Coin() ? Plain() : null })],
            Provisioners = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(3) switch
            {
                0 => GuestScripts.CloudConfig($"#cloud-config\nhostname: {Free()}\n", "web"),
                1 => GuestScripts.Step(new ProvisionStep(Free(), Free()) { Path = "/etc/" + Plain(), Mode = "0600" }),
                _ => GuestScripts.Step(new ProvisionStep(Free(), Free())),
            })],
            Options = Coin() ? new Dictionary<string, string>(StringComparer.Ordinal) { ["videoMemoryMiB"] = "64", ["graphics3d"] = "true", ["clipboard"] = Plain(), ["guestType"] = Plain() }
                : new Dictionary<string, string>(StringComparer.Ordinal),
            Notes = Coin() ? [Free()] : [],
        };
    }
}
