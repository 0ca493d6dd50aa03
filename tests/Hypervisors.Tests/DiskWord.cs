using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;

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
    internal static async Task<string?> ReadAsync(string disk, long at, CancellationToken cancellation, bool whileInUse = false)
    {
        // "20000000:  62 65 66 6f 72 65 20 20 20 20 20 20 20 20 20 20  before.........."
        string[] sharing = whileInUse ? ["-U", "-r"] : [];
        var said = await RunAsync(disk, string.Create(CultureInfo.InvariantCulture, $"read -v {at} {Length}"), cancellation, sharing);
        var bytes = said.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..(Length + 1)];
        return Encoding.ASCII.GetString(Convert.FromHexString(string.Concat(bytes))).Trim('\0', ' ') is { Length: > 0 } word ? word : null;
    }

    /// <summary>Writes it through the running QEMU of a machine, to the disk of that device, and has it written out.</summary>
    internal static async Task WriteLiveAsync(MachineFolder folder, string device, long at, string word, CancellationToken cancellation)
    {
        var file = Path.GetTempFileName();
        var control = new QemuControl(TimeProvider.System);
        try
        {
            await File.WriteAllTextAsync(file, word.PadRight(Length), cancellation);
            // A confined QEMU reads what everybody may.
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
            foreach (var command in new[] { string.Create(CultureInfo.InvariantCulture, $"write -s {file} {at} {Length}"), "flush" })
            {
                var said = (string?)await control.AskAsync(folder, "human-monitor-command",
                    new JsonObject { ["command-line"] = $"qemu-io -d /machine/peripheral/{device}/virtio-backend \"{command}\"" }, TimeSpan.FromSeconds(20), cancellation);
                said?.Trim().ShouldBeEmpty(command);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string> RunAsync(string disk, string command, CancellationToken cancellation, params string[] options) =>
        await new CommandRunner().RequireAsync(new Command("qemu-io", [.. options, "-f", "qcow2", "-c", command, disk]), cancellation);
}
