using System.Diagnostics;

namespace EndToEnd.Tests.Running;

/// <summary>A data folder of its own; at the end nothing of it is left, not even after a test that failed half-way.</summary>
internal sealed class DataFolder : IDisposable
{
    // Short: the sockets of machines lie below it, and their paths may have 107 bytes.
    public string Path { get; } = Directory.CreateTempSubdirectory("we-").FullName;

    /// <summary>What is mounted on it or below it.</summary>
    public SmallDisk? Disk { get; set; }

    public void Dispose()
    {
        foreach (var id in new Traces(Path).Processes())
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
                process.WaitForExit(TimeSpan.FromSeconds(10));
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException)
            {
                // It has ended meanwhile.
            }
        }

        Disk?.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
