using System.Text;
using Warren.Hypervisors.Commands;
using Warren.Server.Templates;
using Warren.Server.Vagrant;

namespace Warren.Server.Tests.Vagrant;

/// <summary>Scripts run by a real shell, in a folder.</summary>
public sealed class GuestScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-steps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_file_is_written_to_the_byte_whatever_its_content_and_name()
    {
        for (var i = 0; i < RandomPlans.Hostile.Length; i++)
        {
            var value = RandomPlans.Hostile[i];
            var path = Path.Combine(_folder, $"{i}", string.Concat(value.Where(c => c is not '/' and not '\0' && !char.IsSurrogate(c))) + "x");
            var step = GuestScripts.Step(new ProvisionStep("a step", value) { Path = path, Mode = "0640" });
            await RunAsync(step.Script);
            (await File.ReadAllBytesAsync(path)).ShouldBe(Encoding.UTF8.GetBytes(value), value);
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            Directory.GetFileSystemEntries(_folder).Length.ShouldBe(i + 1);
        }
    }

    [Fact]
    public async Task Steps_of_a_container_run_in_order_and_one_that_fails_ends_it()
    {
        var (first, second) = (Path.Combine(_folder, "first"), Path.Combine(_folder, "second"));
        var script = GuestScripts.Run(new Provisioner("a", $"echo 1 >> {GuestScripts.Word(first)}\n"), Path.Combine(_folder, "s1"))
            + GuestScripts.Run(new Provisioner("b", $"#!/bin/sh\necho 2 >> {GuestScripts.Word(first)}\nexit 3\n"), Path.Combine(_folder, "s2")) + $"touch {GuestScripts.Word(second)}";
        (await new CommandRunner().RunAsync(new Command("sh", "-c", script))).ExitCode.ShouldBe(3);
        (await File.ReadAllTextAsync(first)).ShouldBe("1\n2\n");
        File.Exists(second).ShouldBeFalse();
    }

    [Fact]
    public void A_literal_of_PowerShell_has_each_of_its_five_quotes_twice_and_no_control_character()
    {
        WslScript.Literal("it's").ShouldBe("'it''s'");
        WslScript.Literal("‘’‚‛").ShouldBe("'‘‘’’‚‚‛‛'");
        WslScript.Literal("a\nb$(id)`").ShouldBe("('a' + [char]10 + 'b$(id)`')");
        foreach (var value in RandomPlans.Hostile) WslScript.Literal(value).ShouldAllBe(c => !char.IsControl(c));
    }

    private async Task RunAsync(string script)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, script);
        try
        {
            var answer = await new CommandRunner().RunAsync(new Command("sh", file));
            answer.ExitCode.ShouldBe(0, answer.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
