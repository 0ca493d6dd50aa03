using Warren.Contracts;
using Warren.Hypervisors.Commands;

namespace Warren.Bench;

/// <summary>The tiny guest: from WARREN_TEST_TINY, else built once by its recipe into the clone's cache.</summary>
internal static class TinyImage
{
    public static async Task ImportAsync(ServerUnderTest server, string scratch)
    {
        var disk = Environment.GetEnvironmentVariable("WARREN_TEST_TINY") is { Length: > 0 } given ? given : await BuildAsync();
        File.Copy(disk, Path.Combine(scratch, "tiny.qcow2"));
        await server.SucceedAsync(await server.PostAsync("images", new ImportImageRequest
        {
            Name = "tiny", Path = Path.Combine(scratch, "tiny.qcow2"), Format = "qcow2", Insecure = true,
        }));
        // An import says nothing of a guest's needs; the recipe's do not fit the general minimum.
        await using var db = server.Db();
        var row = db.Images.Single();
        (row.MinimumMemoryMib, row.DefaultUser) = (128, "root");
        await db.SaveChangesAsync();
    }

    private static async Task<string> BuildAsync()
    {
        var clone = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(clone, "Warren.slnx")))
            clone = Path.GetDirectoryName(clone) ?? throw new InvalidOperationException("run it inside the clone, or set WARREN_TEST_TINY");
        var folder = Path.Combine(clone, ".cache", "tiny");
        var disk = Path.Combine(folder, "disk.qcow2");
        if (File.Exists(disk)) return disk;
        Directory.CreateDirectory(folder);
        await new CommandRunner().RequireAsync(new Command(Path.Combine(clone, "images", "tiny", "build"), folder) { Timeout = TimeSpan.FromMinutes(10) });
        return disk;
    }
}
