using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates.Yaml;

/// <summary>What a value is to cloud-init.</summary>
internal enum YamlKind
{
    Null,
    Bool,
    Int,

    /// <summary>A number with a point, or a date: nothing that cloud-init wants anywhere.</summary>
    Other,
    Text,
    List,
    Map,
}

/// <summary>Tells kinds as PyYAML does, which cloud-init reads with: YAML 1.1, where <c>no</c> is false and <c>0644</c> is 420.</summary>
internal static partial class YamlKinds
{
    public static YamlKind Of(YamlNode node) => node switch
    {
        YamlMappingNode => YamlKind.Map,
        YamlSequenceNode => YamlKind.List,
        YamlScalarNode { Style: not ScalarStyle.Plain } => YamlKind.Text,
        YamlScalarNode { Tag.IsEmpty: false } => YamlKind.Text,
        YamlScalarNode { Value: var value } => OfPlain(value ?? ""),
        _ => YamlKind.Other,
    };

    private static YamlKind OfPlain(string value) => value switch
    {
        "" or "~" or "null" or "Null" or "NULL" => YamlKind.Null,
        _ when Bool().IsMatch(value) => YamlKind.Bool,
        _ when Int().IsMatch(value) => YamlKind.Int,
        _ when Float().IsMatch(value) || Date().IsMatch(value) => YamlKind.Other,
        _ => YamlKind.Text,
    };

    // The four are PyYAML's own (resolver.py).
    [GeneratedRegex(@"\A(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Bool();

    [GeneratedRegex(@"\A(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Int();

    [GeneratedRegex(@"\A(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\z", RegexOptions.NonBacktracking)]
    private static partial Regex Float();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Date();
}
