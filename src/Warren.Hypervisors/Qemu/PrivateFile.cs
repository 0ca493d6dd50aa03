using System.Text.Json;
using System.Text.Json.Serialization;
using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu;

/// <summary>Small JSON files that are either whole or absent, readable by their owner only.</summary>
internal static class PrivateFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Writes beside the target and renames over it.</summary>
    /// <param name="path">The target.</param>
    /// <param name="value">What it will hold.</param>
    /// <param name="sync">It is to be there after a loss of power. What tells of processes means nothing then, and the wait is tens of milliseconds.</param>
    internal static void Write<T>(string path, T value, bool sync = true)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        try
        {
            using var stream = new FileStream(fresh, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OperatingSystem.IsWindows() ? null : OwnerOnly.File,
            });
            JsonSerializer.Serialize(stream, value, Options);
            stream.Flush(flushToDisk: sync);
        }
        catch
        {
            // A full disk would keep half a file.
            File.Delete(fresh);
            throw;
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Reads a file; null when it is absent or unreadable as <typeparamref name="T"/>.</summary>
    /// <remarks>Where machines run under users of their own, only what the server's has written counts: a QEMU that was taken over could write another.</remarks>
    internal static T? Read<T>(string path) where T : class
    {
        if (FileOwner.IsRoot && (FileOwner.Of(path) is not { IsFile: true } facts || UserRange.MayBeMachines(facts.User))) return null;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return JsonSerializer.Deserialize<T>(stream, Options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
