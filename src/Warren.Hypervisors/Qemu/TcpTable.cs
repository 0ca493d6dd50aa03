using System.Globalization;

namespace Warren.Hypervisors.Qemu;

/// <summary>Established TCP connections of this host, as /proc/net/tcp and tcp6 tell them (proc_net_tcp.txt of the kernel's documentation).</summary>
internal sealed class TcpTable
{
    private const string Established = "01";

    /// <summary>How tcp6 writes the beginning of an IPv4 address: a socket for both may talk to one for IPv4 only.</summary>
    private const string MappedPrefix = "0000000000000000FFFF0000";

    private readonly List<Row> _rows;

    private TcpTable(List<Row> rows) => _rows = rows;

    /// <summary>Connections now.</summary>
    internal static TcpTable Read() => Parse([.. Lines("/proc/net/tcp"), .. Lines("/proc/net/tcp6")]);

    /// <summary>From the text of one or both tables; what is no line of a connection is passed over.</summary>
    internal static TcpTable Parse(IEnumerable<string> lines)
    {
        var rows = new List<Row>();
        foreach (var line in lines)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Established && PortOf(fields[1]) is { } port && long.TryParse(fields[9], NumberStyles.None, CultureInfo.InvariantCulture, out var inode))
                rows.Add(new Row(Plain(fields[1]), Plain(fields[2]), port, inode));
        }

        return new TcpTable(rows);
    }

    /// <summary>How many connections each local port has, without those whose other end is among some sockets.</summary>
    /// <param name="without">Inodes of the sockets, asked for only when there is a connection.</param>
    internal IReadOnlyDictionary<int, int> ByPort(Func<IReadOnlySet<long>> without)
    {
        if (_rows.Count == 0) return new Dictionary<int, int>();
        var left = without();
        var ours = _rows.Where(r => left.Contains(r.Inode)).Select(r => (r.Local, r.Remote)).ToHashSet();
        return _rows.Where(r => !ours.Contains((r.Remote, r.Local))).GroupBy(r => r.Port).ToDictionary(g => g.Key, g => g.Count());
    }

    /// <summary>Inodes of this process's own sockets.</summary>
    internal static IReadOnlySet<long> OwnSockets()
    {
        var inodes = new HashSet<long>();
        foreach (var file in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (Target(file) is { } target && target.StartsWith("socket:[", StringComparison.Ordinal)
                && long.TryParse(target.AsSpan(8, target.Length - 9), NumberStyles.None, CultureInfo.InvariantCulture, out var inode))
                inodes.Add(inode);
        }

        return inodes;
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return null;
        }
    }

    private static IEnumerable<string> Lines(string table) => File.Exists(table) ? File.ReadLines(table) : [];

    private static string Plain(string endpoint) => endpoint.StartsWith(MappedPrefix, StringComparison.Ordinal) ? endpoint[MappedPrefix.Length..] : endpoint;

    private static int? PortOf(string endpoint) => endpoint.LastIndexOf(':') is >= 0 and var colon
        && int.TryParse(endpoint.AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var port) ? port : null;

    private readonly record struct Row(string Local, string Remote, int Port, long Inode);
}
