using Warren.Contracts;
using Warren.Hypervisors.Commands;

namespace Warren.Bench;

/// <summary>A guest that a recipe makes: from WARREN_TEST_TINY or WARREN_TEST_DEBIAN12, else built once into the clone's cache.</summary>
/// <param name="Name">The recipe.</param>
/// <param name="User">Whom its public keys are for.</param>
/// <param name="MemoryMiB">What its machines get.</param>
internal sealed record RecipeImage(string Name, string User, int MemoryMiB)
{
    public static RecipeImage Tiny { get; } = new("tiny", "root", 192);

    public static RecipeImage Debian { get; } = new("debian-12", "debian", 512);

    public async Task ImportAsync(ServerUnderTest server, string scratch)
    {
        var variable = "WARREN_TEST_" + Name.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
        var disk = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given ? given : await BuildAsync();
        var copy = Path.Combine(scratch, Name + ".qcow2");
        File.Copy(disk, copy);
        await server.SucceedAsync(await server.PostAsync("images", new ImportImageRequest { Name = Name, Path = copy, Format = "qcow2", Insecure = true }));
        // An import says nothing of a guest's needs; the recipe's do not fit the general minimum.
        await using var db = server.Db();
        var row = db.Images.Single();
        (row.MinimumMemoryMib, row.DefaultUser) = (Math.Min(row.MinimumMemoryMib ?? MemoryMiB, MemoryMiB), User);
        await db.SaveChangesAsync();
    }

    private async Task<string> BuildAsync()
    {
        var clone = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(clone, "Warren.slnx")))
            clone = Path.GetDirectoryName(clone) ?? throw new InvalidOperationException("run it inside the clone, or name built images by WARREN_TEST_TINY and WARREN_TEST_DEBIAN12");
        var folder = Path.Combine(clone, ".cache", Name);
        var disk = Path.Combine(folder, "disk.qcow2");
        if (File.Exists(disk)) return disk;
        Directory.CreateDirectory(folder);
        await new CommandRunner().RequireAsync(new Command(Path.Combine(clone, "images", Name, "build"), folder) { Timeout = TimeSpan.FromMinutes(15) });
        return disk;
    }
}
