using System.Diagnostics;
using Warren.Hypervisors.Commands;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images;

/// <summary>What a recipe mounts in its work folder is never seen by the host, and ends with the build however that ends.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class RecipeMountTests : IAsyncDisposable
{
    private static readonly CommandRunner s_runner = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("warren-recipe").FullName;

    private string Output => Path.Combine(_folder, "output");

    private string Ready => Path.Combine(_folder, "ready");

    [Fact]
    public async Task A_killed_build_leaves_no_mount_on_the_host()
    {
        Assert.SkipUnless(Environment.UserName == "root", "only root's builds mount anything");
        Directory.CreateDirectory(Output);
        var program = Path.Combine(_folder, "build");
        await File.WriteAllTextAsync(program, $$"""
            #!/bin/bash
            . "{{Path.Combine(CatalogueTests.RepositoryRoot(), "images/lib/recipe.sh")}}"
            begin "$@"
            mkdir "$WORK/proc"
            mount -t proc none "$WORK/proc"
            ls "$WORK/proc" > "{{Ready}}.new"
            mv "{{Ready}}.new" "{{Ready}}"
            while :; do read -t 1 < <(:) || true; done
            """, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // As the server starts it: in a session of its own.
        var build = s_runner.RunAsync(new Command("setsid", ["--wait", program, Output]) { Timeout = TimeSpan.FromMinutes(5) }, TestContext.Current.CancellationToken);
        try
        {
            await Eventually.BecomesAsync(() => Task.FromResult(File.Exists(Ready) || build.IsCompleted), "the build has mounted");
            if (build.IsCompleted) Assert.Skip("this host allows no mounts: " + (await build).Error);
            (await File.ReadAllLinesAsync(Ready, TestContext.Current.CancellationToken)).ShouldContain("mounts", "the mount is there for the build");
            Mounts().ShouldBeEmpty("the host does not see what the build mounts");
        }
        finally
        {
            foreach (var group in Groups()) ProcessSignals.KillGroup(group);
            await build;
        }

        Mounts().ShouldBeEmpty("nothing is left mounted");
        Directory.Exists(Path.Combine(Output, ".work", "proc")).ShouldBeTrue("it was killed before it could clean up");
        // What lies there is the folder's own, and goes with it.
        Directory.Delete(Output, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        // Only when the test failed: nobody may walk into the host's own folders here.
        foreach (var mount in Mounts().AsEnumerable().Reverse()) await s_runner.RunAsync(new Command("umount", ["--lazy", mount]), CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Mount points of this process's namespace below the folder: the fifth field of a line (proc_pid_mountinfo(5)).</summary>
    private string[] Mounts() => [.. File.ReadLines("/proc/self/mountinfo").Select(l => l.Split(' ')[4]).Where(m => m.StartsWith(_folder + "/", StringComparison.Ordinal))];

    private int[] Groups() => [.. Process.GetProcesses().Where(Leads).Select(p => p.Id)];

    private bool Leads(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline").Split('\0') is ["/bin/bash", _, var output, ..] && output == Output;
        }
        catch (IOException)
        {
            // It has ended.
            return false;
        }
    }
}
