using System.Globalization;
using System.Net.NetworkInformation;
using Microsoft.Data.Sqlite;

namespace EndToEnd.Tests.Running;

/// <summary>What a server's machines leave behind: processes, files, ports and rows, each looked at where it really is.</summary>
internal sealed class Traces(string data)
{
    private string Machines => Path.Combine(data, "machines");

    /// <summary>Every QEMU that has this data folder in its arguments, one per process.</summary>
    public int[] Processes() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && Arguments(id) is [var program, ..] arguments
                && Path.GetFileName(program).StartsWith("qemu-system-", StringComparison.Ordinal)
                && arguments.Any(argument => argument.Contains(Machines + "/", StringComparison.Ordinal)))
            .Order(),
    ];

    /// <summary>Names in the folder of machines; what belongs to the driver itself begins with a dot.</summary>
    public string[] MachineFolders() => !Directory.Exists(Machines) ? []
        : [.. Directory.EnumerateFileSystemEntries(Machines).Select(path => Path.GetFileName(path)!).Where(name => name is not (".locks" or ".accelerator.json"))];

    /// <summary>Files on their way into the image store, of which nothing may stay.</summary>
    public string[] Incoming() => Directory.GetFileSystemEntries(Path.Combine(data, "images", "incoming"));

    /// <summary>The one column of a query.</summary>
    public List<string> Rows(string query)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(data, "warren.db")};Mode=ReadOnly;Pooling=False;Default Timeout=30");
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Queries are the tests' own constants.
        command.CommandText = query;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
        return rows;
    }

    /// <summary>Ports of the host that rows say lead into guests.</summary>
    public List<int> PortsInRows() => [.. Rows("select host_port from port_forwards order by 1").Select(port => int.Parse(port, CultureInfo.InvariantCulture))];

    /// <summary>Those of the ports on which somebody listens.</summary>
    public static int[] Listening(IEnumerable<int> ports)
    {
        var listening = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(end => end.Port).ToHashSet();
        return [.. ports.Where(listening.Contains)];
    }

    /// <summary>Insists that no machine has left anything.</summary>
    /// <param name="ports">The ports that they had.</param>
    public void ShouldBeNone(IEnumerable<int> ports)
    {
        Processes().ShouldBeEmpty("processes");
        MachineFolders().ShouldBeEmpty("folders of machines");
        Listening(ports).ShouldBeEmpty("listening ports");
        Rows("select name from machines").ShouldBeEmpty("rows of machines");
        PortsInRows().ShouldBeEmpty("rows of ports");
        Rows("select id from operations where live").ShouldBeEmpty("live operations");
        Incoming().ShouldBeEmpty("files on their way into the image store");
    }

    private static string[] Arguments(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").TrimEnd('\0').Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
