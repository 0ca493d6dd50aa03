using System.Text.Json;
using System.Text.Json.Serialization;

namespace Warren.Hypervisors.Fake;

/// <summary>
/// Everything the imitated host holds, in memory or one file each. With a folder every look reads the files, so that two
/// drivers on one folder see one host, as two drivers of a real hypervisor do. Keys of our machines are their ids; all
/// other keys hold a hyphen, which no id does.
/// </summary>
internal sealed class FakeStore(string? folder)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private readonly Dictionary<string, byte[]> _memory = new(StringComparer.Ordinal);

    /// <summary>Raised at each change.</summary>
    internal FakeSignal Signal { get; } = FakeSignal.Of(folder);

    /// <summary>A file in the place of the folder imitates a host that cannot be reached.</summary>
    /// <exception cref="HypervisorException">Unreachable.</exception>
    internal void InsistOnFolder()
    {
        if (folder is not null && File.Exists(folder))
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the imitated host does not answer: {folder} is not a folder");
    }

    internal T? Find<T>(string key) where T : class
    {
        if (folder is null) return _memory.TryGetValue(key, out var kept) ? JsonSerializer.Deserialize<T>(kept, Json) : null;
        return File.Exists(PathOf(key)) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(PathOf(key)), Json) : null;
    }

    internal void Put<T>(string key, T value) where T : class
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, Json);
        if (folder is null)
        {
            _memory[key] = bytes;
        }
        else
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(PathOf(key) + ".new", bytes);
            File.Move(PathOf(key) + ".new", PathOf(key), overwrite: true);
        }

        Signal.Raise();
    }

    internal void Remove(string key)
    {
        if (folder is null) _memory.Remove(key);
        else if (Directory.Exists(folder)) File.Delete(PathOf(key));
        Signal.Raise();
    }

    internal IReadOnlyList<string> Keys()
    {
        if (folder is null) return [.. _memory.Keys];
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f))] : [];
    }

    private string PathOf(string key) => Path.Combine(folder!, key + ".json");
}
