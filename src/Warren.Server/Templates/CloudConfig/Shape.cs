using Warren.Server.Templates.Yaml;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates.CloudConfig;

/// <summary>What a value of cloud-config may look like.</summary>
/// <param name="Words">The rule, in words.</param>
internal abstract record Shape(string Words)
{
    public static readonly Shape Any = new AnyShape();
    public static readonly Shape Text = new KindShape("a text", YamlKind.Text);
    public static readonly Shape Bool = new KindShape("true or false", YamlKind.Bool);
    public static readonly Shape Int = new KindShape("a whole number", YamlKind.Int);
    public static readonly Shape Null = new KindShape("empty", YamlKind.Null);
    public static readonly Shape AnyMap = new KindShape("a mapping", YamlKind.Map);
    public static readonly Shape Texts = List(Text);

    public static Shape OneOf(params string[] values) => new WordShape(values);

    public static Shape List(Shape item) => new ListShape(item);

    public static Shape Either(params Shape[] shapes) => new EitherShape(shapes);

    /// <summary>A mapping of known fields; a field whose name ends in <c>*</c> must be there.</summary>
    public static Shape Map(params (string Field, Shape Shape)[] fields) => new MapShape(
        fields.ToDictionary(f => f.Field.TrimEnd('*'), f => f.Shape, StringComparer.Ordinal), [.. fields.Where(f => f.Field.EndsWith('*')).Select(f => f.Field.TrimEnd('*'))]);

    /// <summary>Whether the value is of this kind, its contents aside.</summary>
    public abstract bool Fits(YamlNode node);

    public virtual void Check(YamlNode node, string path, Mistakes mistakes)
    {
        if (!Fits(node)) mistakes.Add(node, path, Rule(node));
    }

    protected string Rule(YamlNode node) => $"must be {Words}"
        + (this == Text && YamlKinds.Of(node) is YamlKind.Bool or YamlKind.Int or YamlKind.Other ? ": put it in quotes" : "");

    private sealed record AnyShape() : Shape("anything")
    {
        public override bool Fits(YamlNode node) => true;
    }

    private sealed record KindShape(string Words, YamlKind Kind) : Shape(Words)
    {
        public override bool Fits(YamlNode node) => YamlKinds.Of(node) == Kind;
    }

    private sealed record WordShape(string[] Values) : Shape($"one of {string.Join(", ", Values)}")
    {
        public override bool Fits(YamlNode node) => node is YamlScalarNode { Value: { } value } && Values.Contains(value);
    }

    private sealed record ListShape(Shape Item) : Shape($"a list, each item {Item.Words}")
    {
        public override bool Fits(YamlNode node) => node is YamlSequenceNode;

        public override void Check(YamlNode node, string path, Mistakes mistakes)
        {
            if (node is not YamlSequenceNode list) mistakes.Add(node, path, "must be a list");
            else for (var i = 0; i < list.Children.Count; i++) Item.Check(list.Children[i], $"{path}[{i}]", mistakes);
        }
    }

    private sealed record EitherShape(Shape[] Shapes) : Shape(string.Join(" or ", Shapes.Select(s => s.Words)))
    {
        public override bool Fits(YamlNode node) => Shapes.Any(s => s.Fits(node));

        public override void Check(YamlNode node, string path, Mistakes mistakes)
        {
            if (Shapes.FirstOrDefault(s => s.Fits(node)) is { } fits) fits.Check(node, path, mistakes);
            else mistakes.Add(node, path, Rule(node));
        }
    }

    private sealed record MapShape(IReadOnlyDictionary<string, Shape> Fields, string[] Required) : Shape("a mapping")
    {
        public override bool Fits(YamlNode node) => node is YamlMappingNode;

        public override void Check(YamlNode node, string path, Mistakes mistakes)
        {
            if (node is not YamlMappingNode map)
            {
                mistakes.Add(node, path, "must be a mapping");
                return;
            }

            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (key, value) in map.Children)
            {
                var name = (key as YamlScalarNode)?.Value ?? key.ToString();
                seen.Add(name);
                if (Fields.TryGetValue(name, out var shape)) shape.Check(value, $"{path}.{name}", mistakes);
                else if (name != "<<") mistakes.Add(key, $"{path}.{name}", $"is not known here; known: {string.Join(", ", Fields.Keys)}");
            }

            if (seen.Contains("<<")) return; // What a merge brings along is not looked at.
            foreach (var missing in Required.Where(r => !seen.Contains(r))) mistakes.Add(node, $"{path}.{missing}", "is missing");
        }
    }
}
