using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Server.Templates;

/// <summary>The templates that Warren ships, read from its folder once.</summary>
internal sealed class BuiltInTemplates
{
    private readonly SortedDictionary<string, (string Yaml, TemplateText Text)> _all = new(StringComparer.Ordinal);

    /// <summary>Reads every <c>*.yaml</c> of a folder.</summary>
    /// <exception cref="InvalidOperationException">A mistake in one of them, with file, line and column.</exception>
    public BuiltInTemplates(string? folder)
    {
        if (folder is null) return;
        foreach (var file in Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal))
        {
            var yaml = File.ReadAllText(file);
            try
            {
                var text = TemplateParser.Demand(yaml);
                if (text.Name != Path.GetFileNameWithoutExtension(file)) throw new InvalidOperationException($"{file}: its name must be the file's, and is '{text.Name}'");
                _all.Add(text.Name, (yaml, text));
            }
            catch (RefusedException e)
            {
                throw new InvalidOperationException($"{file}: {e.Message}", e);
            }
        }
    }

    public IReadOnlyCollection<string> Names => _all.Keys;

    public IEnumerable<Template> All => _all.Values.Select(t => View(t.Text));

    /// <summary>The text of one, or null.</summary>
    public string? Find(string name) => _all.TryGetValue(name, out var found) ? found.Yaml : null;

    public Template View(string name) => View(_all[name].Text);

    /// <summary>The folder from the configuration, else the nearest <c>templates</c> folder with templates at or above the program; null when there is none.</summary>
    public static string? FindFolder(string? configured)
    {
        if (configured is { Length: > 0 }) return Path.GetFullPath(configured);
        for (var above = AppContext.BaseDirectory; above is not null; above = Path.GetDirectoryName(above))
            if (Directory.Exists(Path.Combine(above, "templates")) && Directory.EnumerateFiles(Path.Combine(above, "templates"), "*.yaml").Any()) return Path.Combine(above, "templates");
        return null;
    }

    private static Template View(TemplateText text) => new()
    {
        Name = text.Name,
        Version = 1,
        Builtin = true,
        Description = text.Description,
        Image = text.Image,
        GoldenImage = text.GoldenImage,
        Content = text.Content,
    };
}
