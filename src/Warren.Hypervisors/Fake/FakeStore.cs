using System.Text.Json;
using System.Text.Json.Serialization;

namespace Warren.Hypervisors.Fake;

/// <summary>
/// The machines, in memory or one file each. With a folder every look reads the files, so that two drivers on one folder
/// see one host, as two drivers of a real hypervisor do.
/// </summary>
internal sealed class FakeStore(string? folder)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
    private readonly Dictionary<string, FakeMachine> _machines = new(StringComparer.Ordinal);

    internal FakeMachine? Find(string id)
    {
        if (folder is null) return _machines.GetValueOrDefault(id);
        return File.Exists(PathOf(id)) ? JsonSerializer.Deserialize<FakeMachine>(File.ReadAllBytes(PathOf(id)), Json) : null;
    }

    internal void Put(FakeMachine machine)
    {
        var id = machine.Definition.Id;
        if (folder is null)
        {
            _machines[id] = machine;
            return;
        }

        Directory.CreateDirectory(folder);
        File.WriteAllBytes(PathOf(id) + ".new", JsonSerializer.SerializeToUtf8Bytes(machine, Json));
        File.Move(PathOf(id) + ".new", PathOf(id), overwrite: true);
    }

    internal void Remove(string id)
    {
        if (folder is null) _machines.Remove(id);
        else if (Directory.Exists(folder)) File.Delete(PathOf(id));
    }

    internal IReadOnlyList<string> Ids()
    {
        if (folder is null) return [.. _machines.Keys];
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f))] : [];
    }

    private string PathOf(string id) => Path.Combine(folder!, id + ".json");
}
