using System.Runtime.InteropServices;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>A domain of ours.</summary>
internal sealed record OurDomain(DomainHandle Handle, Mark Mark) : IDisposable
{
    internal string Id => Mark.Id;

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}

/// <summary>Finds domains. Everything here runs inside a call of <see cref="HostLine"/>.</summary>
internal static class Domains
{
    private const string Prefix = "warren-";

    // virDomainState in libvirt-domain.h.
    internal const int NoState = 0, Running = 1, Blocked = 2, Paused = 3, ShuttingDown = 4, Off = 5, Crashed = 6, Suspended = 7;

    /// <summary>The name of a domain made here.</summary>
    internal static string NameOf(string id) => Prefix + id;

    /// <summary>Our domain of an id; null when there is none. Adopted ones have names of their own and are searched for.</summary>
    internal static OurDomain? Find(Connection connection, string id)
    {
        DefinitionRules.CheckId(id);
        if (VirError.Find(LibVirt.DomainLookupByName(connection.Handle, NameOf(id)), VirError.NoDomain) is { } named)
        {
            if (MarkOf(named) is { } mark && mark.Id == id) return new OurDomain(named, mark);
            named.Dispose();
        }

        OurDomain? found = null;
        foreach (var domain in All(connection))
        {
            if (found is null && MarkOf(domain) is { Adopted: true } mark && mark.Id == id)
                found = new OurDomain(domain, mark);
            else
                domain.Dispose();
        }

        return found;
    }

    /// <summary>
    /// The mark of a domain that is ours; null when it is foreign. What was made here has our name for it: a copy that
    /// somebody made of it under another name carries the mark by accident.
    /// </summary>
    internal static Mark? MarkOf(DomainHandle domain) => Mark.Of(domain) is { } mark && (mark.Adopted || Name(domain) == NameOf(mark.Id)) ? mark : null;

    /// <summary>Our domain of an id.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    internal static OurDomain Require(Connection connection, string id) => Find(connection, id) ?? throw Missing(id);

    /// <summary>Our domain of an id, when it runs.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    internal static OurDomain RequireRunning(Connection connection, string id)
    {
        var domain = Require(connection, id);
        if (IsActive(domain.Handle)) return domain;
        domain.Dispose();
        throw NotRunning(id);
    }

    /// <summary>Every domain of the host; each is to be disposed of.</summary>
    internal static List<DomainHandle> All(Connection connection)
    {
        var count = VirError.Check(LibVirt.ConnectListAllDomains(connection.Handle, out var array, 0));
        return VirHandle.Take<DomainHandle>(array, count);
    }

    internal static string Name(DomainHandle domain) => Marshal.PtrToStringUTF8(LibVirt.DomainGetName(domain.Pointer)) ?? "";

    internal static (int State, int Reason) State(DomainHandle domain)
    {
        VirError.Check(LibVirt.DomainGetState(domain, out var state, out var reason, 0));
        return (state, reason);
    }

    internal static bool IsActive(DomainHandle domain) => State(domain).State is not (Off or Crashed);

    /// <summary>The power of a domain in a state that was just seen.</summary>
    internal static ObservedPower Power(DomainHandle domain, int state, int reason) => Power(state, reason) switch
    {
        ObservedPower.Off when state is Off && ManagedSave.Of(domain) => ObservedPower.Suspended,
        var power => power,
    };

    private static ObservedPower Power(int state, int reason) => state switch
    {
        Running or Blocked or ShuttingDown => ObservedPower.On,
        // VIR_DOMAIN_PAUSED_IOERROR 5, _WATCHDOG 6, _CRASHED 10: the CPUs stand for a reason that resuming does not mend.
        Paused when reason is 5 or 6 or 10 => ObservedPower.Unknown,
        // VIR_DOMAIN_PAUSED_STARTING_UP 11: a start is under way and has not let the CPUs run yet.
        Paused when reason is 11 => ObservedPower.Off,
        Paused or Suspended => ObservedPower.Paused,
        Off or Crashed => ObservedPower.Off,
        _ => ObservedPower.Unknown,
    };

    /// <summary>Why it is in its state, where that is not simply wanted; by virDomainShutoffReason and virDomainPausedReason.</summary>
    internal static string? Detail(int state, int reason) => (state, reason) switch
    {
        (Off, 3) or (Crashed, _) => "QEMU ended by itself; its log on the host tells more",
        (Off, 6) => "the last start failed",
        (Off, 8) => "libvirt ended it: the host's log tells more",
        (Paused, 5) => "a disk of the host failed or is full",
        (Paused, 6) => "the watchdog stopped it",
        (Paused, 10) => "the guest crashed",
        _ => null,
    };

    internal static HypervisorException NotRunning(string id) => new(HypervisorErrorKind.NotFound, $"machine {id} does not run");

    internal static HypervisorException Missing(string id) =>
        new(HypervisorErrorKind.NotFound, $"there is no machine {id} on this host");
}
