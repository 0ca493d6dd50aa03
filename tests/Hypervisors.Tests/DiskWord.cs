using System.Globalization;
using System.Text;
using Warren.Hypervisors.Commands;

namespace Hypervisors.Tests;

/// <summary>A word in a qcow2 file that nobody has open, by QEMU's own tool: a guest that boots to look costs seconds each time.</summary>
internal static class DiskWord
{
    private const int Length = 16;

    internal static async Task WriteAsync(string disk, long at, string word, CancellationToken cancellation)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, word.PadRight(Length), cancellation);
            await RunAsync(disk, $"write -s {file} {at} {Length}", cancellation);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Null where there is none.</summary>
    internal static async Task<string?> ReadAsync(string disk, long at, CancellationToken cancellation)
    {
        // "20000000:  62 65 66 6f 72 65 20 20 20 20 20 20 20 20 20 20  before.........."
        var said = await RunAsync(disk, string.Create(CultureInfo.InvariantCulture, $"read -v {at} {Length}"), cancellation);
        var bytes = said.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..(Length + 1)];
        return Encoding.ASCII.GetString(Convert.FromHexString(string.Concat(bytes))).Trim('\0', ' ') is { Length: > 0 } word ? word : null;
    }

    private static async Task<string> RunAsync(string disk, string command, CancellationToken cancellation) =>
        await new CommandRunner().RequireAsync(new Command("qemu-io", "-f", "qcow2", "-c", command, disk), cancellation);
}
