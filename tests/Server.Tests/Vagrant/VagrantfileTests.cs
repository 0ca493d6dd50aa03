using Warren.Server.Templates;
using Warren.Server.Vagrant;

#pragma warning disable RS0030 // Random with a seed: the same configurations each time.

namespace Warren.Server.Tests.Vagrant;

/// <summary>Files judged by the programs that read them.</summary>
public sealed class VagrantfileTests
{
    private const int Configurations = 200;

    /// <summary>In a campaign each configuration for every provider, else each for one of them.</summary>
    [Fact]
    [Trait("Campaign", "yes")]
    public async Task Vagrant_takes_the_files_of_200_random_configurations()
    {
        var full = Environment.GetEnvironmentVariable("WARREN_SOAK") == "full";
        var random = new Random(7);
        var files = Enumerable.Range(0, Configurations).SelectMany(i =>
        {
            var plan = RandomPlans.Next(random);
            return VagrantProvider.All.Where((_, p) => full || p == i % VagrantProvider.All.Count).Select(provider => (provider.Name, Text: VagrantfileWriter.Write(plan, provider)));
        }).ToList();
        var said = await VagrantPrograms.ValidateAsync(files);
        files.Zip(said).Where(f => f.Second != "OK").Select(f => $"{f.Second}\n{f.First.Text}").ShouldBeEmpty();
        said.Count.ShouldBe(full ? Configurations * VagrantProvider.All.Count : Configurations);
    }

    [Theory]
    [InlineData("virtualbox", "machine.nonsense = 1")]
    [InlineData("libvirt", "machine.nonsense = 1")]
    [InlineData("hyperv", "machine.nonsense = 1")]
    [InlineData("docker", "machine.image = \"x\"; machine.nonsense = 1")]
    [InlineData("proxmox", "machine.nonsense = 1")]
    public async Task The_judge_refuses_a_setting_that_the_provider_does_not_have(string provider, string line)
    {
        var said = await VagrantPrograms.ValidateAsync([(provider, $"Vagrant.configure(\"2\") do |config|\n  config.vm.box = \"x\"\n  config.vm.provider \"{provider}\" do |machine|\n    {line}\n  end\nend\n")]);
        said.ShouldHaveSingleItem().ShouldContain("nonsense");
    }

    [Fact]
    public async Task No_hostile_value_changes_the_tree_of_the_file_and_each_arrives_as_it_is()
    {
        RandomPlans.Hostile.Length.ShouldBeGreaterThanOrEqualTo(100);
        foreach (var provider in VagrantProvider.All)
        {
            var shapes = await VagrantPrograms.ShapesAsync(RandomPlans.Hostile.Prepend("harmless").Select(value => VagrantfileWriter.Write(Everywhere(value), provider)));
            shapes.Count.ShouldBe(RandomPlans.Hostile.Length + 1);
            for (var i = 1; i < shapes.Count; i++)
            {
                var value = RandomPlans.Hostile[i - 1];
                shapes[i].Tree.ShouldBe(shapes[0].Tree, $"{provider.Name}: {value}");
                shapes[i].Texts.ShouldContain(Sound(value), $"{provider.Name}: {value}");
            }
        }
    }

    [Fact]
    public async Task The_tree_is_another_where_a_value_is_not_escaped()
    {
        var shapes = await VagrantPrograms.ShapesAsync(["x = \"harmless\"\n", "x = \"#{`id`}\"\n", "x = \"a\" + `id`\n", "x = <<'S'\na\nS\n"]);
        shapes[1].Tree.ShouldNotBe(shapes[0].Tree);
        shapes[2].Tree.ShouldNotBe(shapes[0].Tree);
        shapes[3].Tree.ShouldBe(shapes[0].Tree);
    }

    /// <summary>One value in every place that takes a text.</summary>
    private static VagrantPlan Everywhere(string value) => new()
    {
        Name = value,
        Source = value,
        Box = value,
        BoxVersion = value,
        Folders = [new(value, value)],
        Networks = [new() { Kind = Contracts.VagrantNetworkKind.Public, Address = value, Bridge = value }],
        Forwards = [new(value, value, 1, 2)],
        Provisioners = [new Provisioner(value, value), GuestScripts.Step(new ProvisionStep(value, value) { Path = "/x" + value, Mode = value }), GuestScripts.Step(new ProvisionStep(value, value)), GuestScripts.CloudConfig(value, value)],
        Options = new Dictionary<string, string>(StringComparer.Ordinal) { ["clipboard"] = value, ["guestType"] = value, ["videoMemoryMiB"] = value, ["dragAndDrop"] = value },
        Notes = [value],
    };

    /// <summary>Half a surrogate pair is no character.</summary>
    private static string Sound(string value) => string.Concat(value.EnumerateRunes().Select(r => r.ToString()));
}
