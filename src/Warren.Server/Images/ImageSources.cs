using Warren.Contracts;

namespace Warren.Server.Images;

/// <summary>What can be had by name although it is not in the store: recipes and the catalogue. Recipes come first.</summary>
internal sealed class ImageSources
{
    private readonly Dictionary<string, Recipe> _recipes;

    public ImageSources(string folder)
    {
        Folder = folder;
        _recipes = Recipe.LoadAll(folder).ToDictionary(r => r.Name, StringComparer.OrdinalIgnoreCase);
        Catalogue = Catalogue.Load(Path.Combine(folder, "catalogue.yaml"));
    }

    /// <summary>Folder of catalogue, recipes and shipped keys.</summary>
    public string Folder { get; }

    public Catalogue Catalogue { get; }

    public IEnumerable<Recipe> Recipes => _recipes.Values;

    public Recipe? FindRecipe(string name) => _recipes.GetValueOrDefault(name);

    /// <summary>The folder from the configuration, else the nearest <c>images</c> folder with a catalogue at or above the program.</summary>
    public static string FindFolder(ImageOptions options)
    {
        if (options.Folder is { Length: > 0 } folder) return Path.GetFullPath(folder);
        for (var above = AppContext.BaseDirectory; above is not null; above = Path.GetDirectoryName(above))
            if (File.Exists(Path.Combine(above, "images", "catalogue.yaml"))) return Path.Combine(above, "images");
        throw new InvalidOperationException("Images:Folder: there is no folder images with catalogue.yaml at or above the program; name it in the configuration");
    }

    /// <summary>Everything, as the API shows it.</summary>
    public IEnumerable<CatalogueEntry> Entries() =>
        Recipes.Select(View).Concat(Catalogue.Images.Where(i => FindRecipe(i.Name) is null).Select(View));

    /// <summary>One entry by name or alias.</summary>
    public CatalogueEntry? Find(string name) =>
        FindRecipe(name) is { } recipe ? View(recipe) : Catalogue.Find(name) is { } image ? View(image) : null;

    private static CatalogueEntry View(Recipe recipe) => new()
    {
        Name = recipe.Name,
        Kind = "recipe",
        Title = recipe.Title,
        Description = recipe.Description,
        DefaultUser = recipe.DefaultUser,
        MinimumMemoryMiB = recipe.MinimumMemoryMiB,
        DefaultMemoryMiB = recipe.DefaultMemoryMiB,
        MinimumDiskGiB = recipe.MinimumDiskGiB,
        BuildSeconds = recipe.EstimatedSeconds,
        Features = recipe.Features,
    };

    private static CatalogueEntry View(CloudImage image) => new()
    {
        Name = image.Name,
        Kind = "download",
        Title = image.Title,
        Description = image.Description,
        DefaultUser = image.DefaultUser,
        MinimumMemoryMiB = image.MinimumMemoryMiB,
        DefaultMemoryMiB = image.DefaultMemoryMiB,
        MinimumDiskGiB = image.MinimumDiskGiB,
        DownloadBytes = (long)image.ApproximateMiB << 20,
        Features = image.Features,
    };
}
