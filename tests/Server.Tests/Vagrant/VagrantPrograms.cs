using System.Text.Json;
using Warren.Hypervisors.Commands;

namespace Warren.Server.Tests.Vagrant;

/// <summary>The real Vagrant and Ruby's own parser, where Debian's packages are installed.</summary>
internal static class VagrantPrograms
{
    private static readonly string? s_ruby = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "ruby")).FirstOrDefault(File.Exists);

    /// <summary>What <c>vagrant validate</c> says of each file for its provider: OK, or what is wrong. All in one process, which takes seconds to come up.</summary>
    public static async Task<IReadOnlyList<string>> ValidateAsync(IReadOnlyList<(string Provider, string Text)> files)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/vagrant") && s_ruby is not null, "the program vagrant is not installed: apt-get install vagrant vagrant-libvirt");
        var folder = Directory.CreateTempSubdirectory("warren-vagrant-").FullName;
        try
        {
            Program(folder, "VBoxManage", "7.0.20r163906");
            Program(folder, "docker", "Docker version 20.10.24, build 1");
            var lines = files.Select((file, i) =>
            {
                var place = Directory.CreateDirectory(Path.Combine(folder, $"{i}")).FullName;
                File.WriteAllText(Path.Combine(place, "Vagrantfile"), file.Text);
                return $"{file.Provider}\t{place}";
            }).ToArray();
            var said = new List<string>();
            var command = new Command(s_ruby, Script("validate.rb"))
            {
                Input = string.Join('\n', lines) + "\n",
                Timeout = TimeSpan.FromMinutes(10),
                OnOutputLine = said.Add,
                Environment = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["VAGRANT_HOME"] = Path.Combine(folder, "home"),
                    ["VAGRANT_CHECKPOINT_DISABLE"] = "1",
                    ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}",
                },
            };
            await new CommandRunner().RequireAsync(command);
            var answers = said.Select(l => l.Split('\t', 2)).Where(l => l.Length == 2).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
            return [.. lines.Select(l => answers[l.Split('\t')[1]])];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The tree of each file without its texts, and the texts.</summary>
    public static async Task<IReadOnlyList<RubyShape>> ShapesAsync(IEnumerable<string> files)
    {
        Assert.SkipWhen(s_ruby is null, "the program ruby is not installed: apt-get install ruby");
        var folder = Directory.CreateTempSubdirectory("warren-ruby-").FullName;
        try
        {
            var paths = files.Select((text, i) =>
            {
                var path = Path.Combine(folder, $"{i}.rb");
                File.WriteAllText(path, text);
                return path;
            }).ToArray();
            var said = new List<string>();
            await new CommandRunner().RequireAsync(new Command(s_ruby, Script("shape.rb")) { Input = string.Join('\n', paths) + "\n", Timeout = TimeSpan.FromMinutes(5), OnOutputLine = said.Add });
            return [.. said.Select(line => JsonSerializer.Deserialize<RubyShape>(line, JsonSerializerOptions.Web)!)];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal sealed record RubyShape(string Tree, IReadOnlyList<string> Texts);

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Vagrant", name);

    /// <summary>Providers ask for the version of their program before they judge.</summary>
    private static void Program(string folder, string name, string version)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, $"#!/bin/sh\necho '{version}'\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
