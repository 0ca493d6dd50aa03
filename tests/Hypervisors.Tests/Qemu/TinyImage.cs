using Warren.Hypervisors.Commands;

namespace Hypervisors.Tests.Qemu;

/// <summary>The tiny guest: from WARREN_TEST_TINY, else built once by its recipe into the clone's cache.</summary>
internal static class TinyImage
{
    private static readonly Lazy<Task<string>> s_path = new(FindOrBuildAsync);

    internal static Task<string> PathAsync() => s_path.Value;

    /// <summary>The top of the clone: the folder that holds the solution.</summary>
    internal static string Clone()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Warren.slnx")))
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("the tests run outside the clone");
        return at;
    }

    private static async Task<string> FindOrBuildAsync()
    {
        if (Environment.GetEnvironmentVariable("WARREN_TEST_TINY") is { Length: > 0 } given) return Path.GetFullPath(given);
        var folder = Path.Combine(Clone(), ".cache", "tiny");
        var disk = Path.Combine(folder, "disk.qcow2");
        if (File.Exists(disk)) return disk;
        Directory.CreateDirectory(folder);
        await new CommandRunner().RequireAsync(
            new Command(Path.Combine(Clone(), "images", "tiny", "build"), folder) { Timeout = TimeSpan.FromMinutes(10) });
        return disk;
    }
}
