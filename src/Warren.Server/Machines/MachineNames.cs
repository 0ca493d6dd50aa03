using System.Security.Cryptography;

namespace Warren.Server.Machines;

/// <summary>Names for machines that were given none: two words, easy to say and to type.</summary>
internal static class MachineNames
{
    private static readonly string[] Manners =
        ["brisk", "calm", "clever", "eager", "fleet", "gentle", "keen", "lively", "merry", "nimble", "quick", "quiet", "sly", "snug", "spry", "swift"];

    private static readonly string[] Diggers =
        ["badger", "dormouse", "ferret", "fox", "gopher", "hare", "hedgehog", "marmot", "meerkat", "mole", "otter", "pika", "rabbit", "shrew", "vole", "wombat"];

    public static string New() => $"{Pick(Manners)}-{Pick(Diggers)}-{RandomNumberGenerator.GetInt32(100, 1000)}";

    private static string Pick(string[] words) => words[RandomNumberGenerator.GetInt32(words.Length)];
}
