namespace Warren.Server.Images;

/// <summary>How an image is built here from a distribution's own signed packages: a folder with <c>recipe.yaml</c> and a program <c>build</c>.</summary>
public sealed record Recipe
{
    /// <summary>Name, which is the folder's.</summary>
    public required string Name { get; init; }

    /// <summary>Title for people.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence or two.</summary>
    public string? Description { get; init; }

    /// <summary>The guest's processor architecture, in Debian's words: <c>amd64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>User for logging in.</summary>
    public required string DefaultUser { get; init; }

    /// <summary>Least memory it boots with, in MiB.</summary>
    public required int MinimumMemoryMiB { get; init; }

    /// <summary>Memory given when none is named, in MiB.</summary>
    public required int DefaultMemoryMiB { get; init; }

    /// <summary>Least system disk in GiB.</summary>
    public required int MinimumDiskGiB { get; init; }

    /// <summary>What the guest has.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>About how long a build takes on two cores, in seconds.</summary>
    public int? EstimatedSeconds { get; init; }

    /// <summary>The program that builds, an absolute path.</summary>
    public required string BuildProgram { get; init; }

    /// <summary>Reads every recipe below a folder.</summary>
    /// <exception cref="YamlMistakeException">A mistake in one of them, with file and line.</exception>
    public static IReadOnlyList<Recipe> LoadAll(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
            .Select(d => Path.Combine(d, "recipe.yaml")).Where(File.Exists).Select(Load),
    ];

    /// <summary>Reads one recipe.</summary>
    /// <exception cref="YamlMistakeException">A mistake in it, with file and line.</exception>
    public static Recipe Load(string file)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var fields = YamlFields.Parse($"{Path.GetFileName(folder)}/recipe.yaml", File.ReadAllText(file));
        var recipe = new Recipe
        {
            Name = fields.Text("name"),
            Title = fields.Text("title"),
            Description = fields.TextOrNull("description"),
            Architecture = fields.Text("architecture"),
            DefaultUser = fields.Text("defaultUser"),
            MinimumMemoryMiB = fields.Number("minimumMemoryMiB", 32, 65536),
            DefaultMemoryMiB = fields.Number("defaultMemoryMiB", 32, 65536),
            MinimumDiskGiB = fields.Number("minimumDiskGiB", 1, 1024),
            Features = fields.Texts("features"),
            EstimatedSeconds = fields.NumberOrNull("estimatedSeconds", 1, 86400),
            BuildProgram = Path.Combine(folder, "build"),
        };
        fields.Done();
        if (recipe.Name != Path.GetFileName(folder)) throw fields.Mistake("name", $"must be the folder's name, {Path.GetFileName(folder)}");
        if (recipe.DefaultMemoryMiB < recipe.MinimumMemoryMiB) throw fields.Mistake("defaultMemoryMiB", "is less than minimumMemoryMiB");
        if (!File.Exists(recipe.BuildProgram)) throw fields.Mistake("name", "there is no program 'build' beside the recipe");
        return recipe;
    }
}
