using System.Text.RegularExpressions;
using Hypervisors.Tests.Qemu;

namespace Hypervisors.Tests.Example;

/// <summary>A copy of the sources with what docs/add-a-hypervisor.md adds to them.</summary>
internal sealed partial class ExampleTree : IDisposable
{
    private const string Registration = "src/Warren.Hypervisors/HypervisorRegistration.cs";

    // Of the tests only what every driver's class needs: the others' would only have to be compiled.
    private static readonly string[] s_folders = ["src/Warren.Hypervisors", "tests/MachineHost", "tests/Hypervisors.Tests/Contract"];

    private static readonly string[] s_files =
    [
        "Hypervisors.Tests.csproj", "packages.lock.json", "xunit.runner.json", "Eventually.cs", "Qemu/TinyImage.cs",
    ];

    /// <summary>The driver is held to all rules; what is copied from here has been judged already, and judging takes half of the time.</summary>
    private const string TestsBuild =
        """<Project><Import Project="../Directory.Build.props" /><PropertyGroup><RunAnalyzers>false</RunAnalyzers></PropertyGroup></Project>""";

    internal ExampleTree(string document)
    {
        foreach (var file in Directory.GetFiles(TinyImage.Clone())) File.Copy(file, Path.Combine(Root, Path.GetFileName(file)));
        foreach (var folder in s_folders) Copy(folder);
        foreach (var file in s_files) CopyFile(Path.Combine("tests/Hypervisors.Tests", file));
        File.WriteAllText(Path.Combine(Root, "tests", "Directory.Build.props"), TestsBuild);
        foreach (Match block in Block().Matches(document)) Add(block.Groups["path"].Value, block.Groups["code"].Value);
    }

    internal string Root { get; } = Directory.CreateTempSubdirectory("warren-example-").FullName;

    internal List<string> Added { get; } = [];

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Add(string path, string code)
    {
        var file = Path.Combine(Root, path);
        Added.Add(path);
        if (path == Registration)
        {
            var before = File.ReadAllText(file);
            var after = before.Replace("        FakeKind.Kind,\n", code + "        FakeKind.Kind,\n", StringComparison.Ordinal);
            after.ShouldNotBe(before, "the list has a place for the line");
            File.WriteAllText(file, after);
            return;
        }

        File.Exists(file).ShouldBeFalse($"{path} is new");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, code);
    }

    private void Copy(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(TinyImage.Clone(), folder), "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(TinyImage.Clone(), file);
            if (!relative.Contains("/bin/", StringComparison.Ordinal) && !relative.Contains("/obj/", StringComparison.Ordinal)) CopyFile(relative);
        }
    }

    private void CopyFile(string relative)
    {
        var to = Path.Combine(Root, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(Path.Combine(TinyImage.Clone(), relative), to);
    }

    /// <summary>A file's path between backticks at the end of a line, alone or before a colon, and the block of code after it.</summary>
    [GeneratedRegex(@"`(?<path>[\w./-]+\.cs)`:?\n\n```csharp\n(?<code>.*?)```\n", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Block();
}
