using System.Text.Json;
using EndToEnd.Tests.Running;

namespace EndToEnd.Tests.Guests;

/// <summary>
/// Disks of the clone's recipes: named by WARREN_TEST_TINY and WARREN_TEST_DEBIAN12, else from the clone's cache, else built once by
/// a real server for a real <c>warren images build</c>.
/// </summary>
internal static class BuiltImages
{
    private static readonly SemaphoreSlim s_gate = new(1);

    public static Task<string> TinyAsync() => FindOrBuildAsync("tiny", "WARREN_TEST_TINY");

    public static Task<string> DebianAsync() => FindOrBuildAsync("debian-12", "WARREN_TEST_DEBIAN12");

    private static async Task<string> FindOrBuildAsync(string recipe, string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given) return Path.GetFullPath(given);
        var folder = Path.Combine(Clone.Cache, recipe);
        var disk = Path.Combine(folder, "disk.qcow2");
        await s_gate.WaitAsync();
        try
        {
            // A work folder means that somebody builds there at this moment.
            if (!File.Exists(disk) || Directory.Exists(Path.Combine(folder, ".work")) || IsOlderThanRecipe(disk, recipe)) await BuildAsync(recipe, disk);
            return disk;
        }
        finally
        {
            s_gate.Release();
        }
    }

    private static async Task BuildAsync(string recipe, string disk)
    {
        using var data = new DataFolder();
        await using var server = await ServerProcess.StartAsync(data.Path);
        var warren = new WarrenCommand(data.Path);
        await warren.RunAsync("images", "build", recipe);
        using var image = JsonDocument.Parse(await warren.RunAsync("images", "info", recipe, "--format", "json"));
        image.RootElement.GetProperty("state").GetString().ShouldBe("ready");
        var sha256 = image.RootElement.GetProperty("sha256").GetString()!;
        Directory.CreateDirectory(Path.GetDirectoryName(disk)!);
        File.Copy(Path.Combine(data.Path, "images", "sha256", sha256[..2], sha256), disk + ".new", overwrite: true);
        File.SetUnixFileMode(disk + ".new", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetLastWriteTimeUtc(disk + ".new", TimeProvider.System.GetUtcNow().UtcDateTime);
        File.Move(disk + ".new", disk, overwrite: true);
    }

    private static bool IsOlderThanRecipe(string disk, string recipe)
    {
        var built = File.GetLastWriteTimeUtc(disk);
        string[] sources = [Path.Combine(Clone.Root, "images", recipe), Path.Combine(Clone.Root, "images", "lib")];
        return sources.SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)).Any(file => File.GetLastWriteTimeUtc(file) > built);
    }
}
