using System.Globalization;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Libvirt;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Libvirt;

/// <summary>
/// A real libvirtd of the test's own (eng/libvirtd-private): own folders, /dev/kvm hidden, ended with its guests when this is
/// disposed of or the tests die. Where it cannot run, tests skip with <see cref="WhyNot"/>.
/// </summary>
public sealed class LibvirtDaemon : IAsyncLifetime
{
    private readonly CancellationTokenSource _end = new();
    private readonly string? _hostName;
    private readonly string? _address;
    private Task<CommandResult>? _script;

    public LibvirtDaemon()
    {
    }

    /// <summary>With a host name and a network namespace of its own, listening on an address there (10.77.0.2/24).</summary>
    internal LibvirtDaemon(string hostName, string address) => (_hostName, _address) = (hostName, address);

    /// <summary>Leaves /dev/kvm in its sight.</summary>
    internal bool WithKvm { get; init; }

    /// <summary>It is this user's session daemon instead of the system's.</summary>
    internal string? User { get; init; }

    internal string? WhyNot { get; private set; }

    internal string Folder { get; } = Directory.CreateTempSubdirectory("wl").FullName;

    internal string Socket => Path.Combine(Folder, User is null ? "run/libvirt/libvirt-sock" : "user/libvirt/libvirt-sock");

    internal string PoolPath => Path.Combine(Folder, User is null ? "pool" : "user/pool");

    /// <summary>Where the system's daemon keeps the memory of suspended domains.</summary>
    internal string SavePath => Path.Combine(Folder, "lib/qemu/save");

    internal LibvirtOptions Options => new()
    {
        Uri = $"qemu+unix:///{(User is null ? "system" : "session")}?socket={Socket}",
        Folder = Path.Combine(Folder, "warren"),
        PoolPath = PoolPath,
        RunFolder = Path.Combine(Folder, User is null ? "run/libvirt/qemu" : "user/libvirt/qemu/run"),
    };

    internal LibvirtHypervisor NewDriver() => new(Options, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        Begin();
        if (WhyNot is null) await AnswersAsync();
    }

    /// <summary>Starts it without waiting for it.</summary>
    internal void Begin()
    {
        WhyNot = Environment.UserName != "root" ? "a libvirtd of the test's own needs root"
            : !File.Exists("/usr/sbin/libvirtd") || !File.Exists("/usr/sbin/virtlogd") ? "libvirtd is not installed: eng/install test"
            : null;
        if (WhyNot is not null) return;
        // QEMU runs as another user and must get through to the pool.
        File.SetUnixFileMode(Folder, (UnixFileMode)Convert.ToInt32("711", 8));
        StartScript();
    }

    /// <summary>The daemon's own process, for signals.</summary>
    internal int ProcessId() => Below(_top).First(p => Name(p) == "libvirtd" && HostProcesses.Arguments(p) is ["/usr/sbin/libvirtd", ..]);

    /// <summary>The first process in its namespaces.</summary>
    internal int FirstProcessId()
    {
        // Kept from the look that found it: the next may meet it without its arguments, in the middle of an exec.
        int? found = null;
        Eventually.TrueAsync("the namespaces are there", () => Task.FromResult((found = Below(_top).Where(IsFirst).Cast<int?>().FirstOrDefault()) is not null), 20).GetAwaiter().GetResult();
        return found!.Value;
    }

    private static bool IsFirst(int process) => HostProcesses.Arguments(process) is ["bash", ..];

    internal Task AnswersAsync() => Eventually.TrueAsync("libvirtd answers", async () =>
    {
        if (_script!.IsCompleted) throw new InvalidOperationException("libvirtd did not start: " + (await _script).Error);
        try
        {
            using var driver = NewDriver();
            await driver.ListAsync(CancellationToken.None);
            return true;
        }
        catch (HypervisorException)
        {
            return false;
        }
    }, 60);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_script is not null)
        {
            try
            {
                await _script;
            }
            catch (OperationCanceledException)
            {
                // As wished.
            }

            await Eventually.TrueAsync("nothing of the daemon runs", () => Task.FromResult(!HostProcesses.All().Any(p => HostProcesses.Arguments(p).Any(a => a.Contains(Folder, StringComparison.Ordinal)))), 20);
        }

        Directory.Delete(Folder, recursive: true);
        _end.Dispose();
    }

    private int _top;

    private void StartScript()
    {
        var script = Path.Combine(TinyImage.Clone(), "eng/libvirtd-private");
        string[] arguments = _hostName is null ? [Folder] : [Folder, _hostName, _address!];
        _script = new CommandRunner().RunAsync(new Command(script, arguments) { Timeout = TimeSpan.FromHours(2), Grace = TimeSpan.FromSeconds(5), Environment = Variables() }, _end.Token);
        // Between two of its programs a process has no arguments for a moment.
        Eventually.TrueAsync("the script runs", () => Task.FromResult((_top = FindScript()) != 0), 20).GetAwaiter().GetResult();
    }

    private int FindScript() => HostProcesses.All().Where(p => HostProcesses.Arguments(p) is [var program, ..] arguments
        && (program.EndsWith("sh", StringComparison.Ordinal) || program.EndsWith("env", StringComparison.Ordinal)) && arguments.Contains(Folder)).DefaultIfEmpty().Min();

    private Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (WithKvm) variables["WITH_KVM"] = "1";
        if (User is not null) variables["AS_USER"] = User;
        return variables;
    }

    private static IEnumerable<int> Below(int process)
    {
        var children = Read($"/proc/{process}/task/{process}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => int.Parse(t, CultureInfo.InvariantCulture));
        return children.SelectMany(c => Below(c).Prepend(c));
    }

    private static string Name(int process) => Read($"/proc/{process}/comm").Trim();

    /// <summary>Of a process that has gone meanwhile: nothing. Opening its file fails, or reading what was opened (ESRCH).</summary>
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}

/// <summary>An unprivileged user's session daemon.</summary>
public sealed class LibvirtSession : IAsyncLifetime
{
    internal LibvirtDaemon Daemon { get; } = new() { User = "nobody" };

    public ValueTask InitializeAsync() => Daemon.InitializeAsync();

    public ValueTask DisposeAsync() => Daemon.DisposeAsync();
}

/// <summary>One daemon for all tests that need no special one; they run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class LibvirtCollection : ICollectionFixture<LibvirtDaemon>
{
    internal const string Name = "libvirt";
}
