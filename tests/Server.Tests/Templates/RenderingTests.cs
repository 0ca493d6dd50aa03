using Warren.Server.Images;
using Warren.Server.Templates;
using Warren.Server.Templates.CloudConfig;
using Warren.Server.Templates.Yaml;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Tests.Templates;

/// <summary>What guests get of templates, the shipped ones among them.</summary>
public sealed class RenderingTests
{
    private static readonly string s_folder = BuiltInTemplates.FindFolder(null)!;

    public static TheoryData<string> Shipped() => [.. Directory.EnumerateFiles(s_folder, "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Shipped))]
    public async Task A_shipped_template_is_valid_and_its_image_can_be_had(string name)
    {
        var text = TemplateParserTests.Parse(await File.ReadAllTextAsync(Path.Combine(s_folder, name + ".yaml")));
        text.Name.ShouldBe(name);
        text.Description.ShouldNotBeNullOrEmpty();
        new ImageSources(ImageSources.FindFolder(new ImageOptions())).Find(text.Image!).ShouldNotBeNull();
        var request = TemplateRenderer.Render(text, "anna", TemplateRenderer.MachineName(text, "anna") ?? "box");
        if (request.UserData is not { } userData) return;
        Should.NotThrow(() => CloudConfigCheck.Demand(userData, "userData"));
        userData.ShouldNotMatch(@"\|\s*(ba)?sh\b");
        var (valid, says) = await CloudInitProgram.JudgeAsync(userData);
        valid.ShouldBeTrue(says + userData);
    }

    [Fact]
    public void There_are_a_dozen_and_they_are_found() => new BuiltInTemplates(s_folder).Names.Count.ShouldBeGreaterThanOrEqualTo(12);

    [Fact]
    public void A_mistake_in_a_shipped_one_names_the_file_and_the_line()
    {
        var folder = Directory.CreateTempSubdirectory("warren-templates-").FullName;
        File.WriteAllText(Path.Combine(folder, "x.yaml"), "name: x\nimage: tiny\nnope: 1\n");
        Should.Throw<InvalidOperationException>(() => new BuiltInTemplates(folder)).Message.ShouldSatisfyAllConditions(m => m.ShouldContain("x.yaml"), m => m.ShouldContain("line 3, column 1"));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Steps_come_after_what_the_cloud_config_says_itself()
    {
        var map = Rendered("""
            name: a
            image: tiny
            cloudInit:
              hostname: "{machine}"
              timezone: {{user}
              write_files: [{ path: /a, content: x }]
              runcmd: [first]
            provision:
              - name: second
                shell: |
                  echo "$HOME" 'it''s' {user}
                    indented: [yes]
              - name: third
                file: { path: "/home/{user}/x", content: "no newline", mode: "600" }
              - "#!/usr/bin/python3\nprint(1)\n"
            """.Replace("timezone: {{user}", "timezone: '{{user}'", StringComparison.Ordinal));
        Scalar(map["hostname"]).ShouldBe("m");
        Scalar(map["timezone"]).ShouldBe("{user}");
        var files = ((YamlSequenceNode)map["write_files"]).Children;
        files.Select(f => Scalar(f["path"])).ShouldBe(["/a", "/var/lib/warren/steps/01", "/home/no/x", "/var/lib/warren/steps/03"]);
        Scalar(files[1]["content"]).ShouldBe("#!/bin/sh\nset -eu\necho \"$HOME\" 'it''s' no\n  indented: [yes]\n");
        (Scalar(files[2]["content"]), Scalar(files[2]["permissions"])).ShouldBe(("no newline", "0600"));
        Scalar(files[3]["content"]).ShouldBe("#!/usr/bin/python3\nprint(1)\n");
        var commands = ((YamlSequenceNode)map["runcmd"]).Children.Select(Scalar).ToList();
        commands[0].ShouldBe("first");
        commands[1].ShouldStartWith("echo 'warren: second'; /var/lib/warren/steps/01 ||");
        commands.Count.ShouldBe(3);
    }

    [Fact]
    public void A_value_that_looks_like_something_else_stays_a_text()
    {
        var map = Rendered("name: a\nimage: tiny\ncloudInit:\n  users:\n    - name: {{user}}\n".Replace("{{user}}", "'{user}'", StringComparison.Ordinal) + "  hostname: x{user}\n  final_message: >-\n    a\n    b\n\n    c {user}\n");
        YamlKinds.Of(((YamlSequenceNode)map["users"])[0]["name"]).ShouldBe(YamlKind.Text);
        Scalar(map["final_message"]).ShouldBe("a b\nc no");
    }

    [Fact]
    public void A_user_s_name_is_made_fit_for_a_host_name()
        => TemplateRenderer.MachineName(TemplateParserTests.Parse("name: a\nimage: tiny\nmachineName: class-{user}\n"), "Anna.Müller_2").ShouldBe("class-anna-m-ller-2");

    private static YamlMappingNode Rendered(string yaml)
    {
        var userData = TemplateRenderer.Render(TemplateParserTests.Parse(yaml), "no", "m").UserData!;
        userData.ShouldStartWith("#cloud-config\n");
        var mistakes = new Mistakes();
        var root = YamlText.Read(userData, mistakes);
        mistakes.All.ShouldBeEmpty(userData);
        return root.ShouldBeOfType<YamlMappingNode>();
    }

    private static string Scalar(YamlNode node) => ((YamlScalarNode)node).Value!;
}
