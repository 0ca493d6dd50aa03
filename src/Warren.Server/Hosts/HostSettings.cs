using Warren.Hypervisors;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Hosts;

/// <summary>Judges the settings of a host by its kind.</summary>
internal sealed class HostSettings(IReadOnlyList<HypervisorKind> kinds, DataFolder data, TimeProvider clock)
{
    private const int LongestValue = 64 * 1024;

    /// <summary>The kind of a name.</summary>
    /// <exception cref="RefusedException">There is none, or its hosts come from the configuration only.</exception>
    public HypervisorKind Addable(string name)
    {
        var kind = kinds.FirstOrDefault(k => k.Name == name)
            ?? throw new RefusedException(Problems.Validation("hypervisor", $"there is no driver '{name}'; known: {string.Join(", ", kinds.Where(k => k.AddedAtRunTime).Select(k => k.Name))}"));
        return kind.AddedAtRunTime ? kind
            : throw new RefusedException(Problems.Validation("hypervisor", $"a {kind.Title} host comes from the server's configuration only (host '{HostDirectory.Local}')"));
    }

    /// <summary>Whether a setting is secret. Of a list or map the name before the colon decides.</summary>
    public static bool IsSecret(HypervisorKind kind, string name) => kind.Settings.Any(s => s.Secret && s.Name == Base(name));

    /// <summary>Judges all settings, secret ones included.</summary>
    /// <exception cref="RefusedException">Some are wrong; every one of them is named as <c>settings.NAME</c>.</exception>
    public async Task DemandAsync(string host, HypervisorKind kind, IReadOnlyDictionary<string, string> settings)
    {
        var check = new Check();
        foreach (var (name, value) in settings)
        {
            var known = kind.Settings.FirstOrDefault(s => s.Name == Base(name));
            check.That(value is not null, $"settings.{name}", "must be a text");
            if (value is null) continue;
            check.That(known is not null, $"settings.{name}", kind.Settings.Count == 0
                ? $"is not known: {kind.Title} has no settings" : $"is not known; known: {string.Join(", ", kind.Settings.Select(s => s.Name))}");
            check.That(value.Length <= LongestValue, $"settings.{name}", $"at most {LongestValue} characters");
            // Keys and certificates have lines.
            check.That(!value.Any(c => char.IsControl(c) && !((known?.Secret == true || known?.Shape == Hypervisors.SettingShape.Lines) && c is '\n' or '\r' or '\t')), $"settings.{name}", "no control characters");
        }

        foreach (var required in kind.Settings.Where(s => s.Required))
            check.That(settings.Any(s => Base(s.Key) == required.Name && s.Value is { Length: > 0 }), $"settings.{required.Name}", $"must be stated. {required.Help}");
        check.Throw();
        await TryAsync(host, kind, settings);
    }

    /// <summary>How a host is reached.</summary>
    public HostConnection Connection(string host, IReadOnlyDictionary<string, string> settings) => new()
    {
        Host = host,
        Folder = data.Combine("hosts", host),
        Settings = new Dictionary<string, string>(settings, StringComparer.OrdinalIgnoreCase),
        Clock = clock,
    };

    /// <summary>Removes what a host's driver kept on this machine.</summary>
    public void RemoveFolder(string host)
    {
        var folder = data.Combine("hosts", host);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>The driver itself knows best what its settings must look like; making it touches nothing.</summary>
    private async Task TryAsync(string host, HypervisorKind kind, IReadOnlyDictionary<string, string> settings)
    {
        try
        {
            var driver = kind.Connect(Connection(host, settings));
            if (driver is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else if (driver is IDisposable disposable) disposable.Dispose();
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.Rejected)
        {
            var (field, rule) = e.Message.StartsWith("settings.", StringComparison.Ordinal) && e.Message.IndexOf(' ', StringComparison.Ordinal) is > 0 and var end
                ? (e.Message[..end], e.Message[(end + 1)..]) : ("settings", e.Message);
            throw new RefusedException(Problems.Validation(field, rule));
        }
        catch (HypervisorException e)
        {
            throw new RefusedException(Problems.Validation("hypervisor", e.Message));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new RefusedException(Problems.Validation("settings", e.Message));
        }
    }

    private static string Base(string name) => name.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? name[..colon] : name;
}
