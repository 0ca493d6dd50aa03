using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Connections;

/// <summary>
/// libvirt's own event loop on one thread of its own, for all hosts: it carries events, streams and keepalive. It must be
/// registered before the first connection (libvirt-event.h), and nothing that waits for a daemon may run on it.
/// </summary>
internal static unsafe class EventLoop
{
    private static readonly Lazy<string?> s_started = new(Run);

    /// <summary>Starts it once.</summary>
    /// <exception cref="HypervisorException">Unsupported when the library is missing or broken.</exception>
    internal static void Start()
    {
        if (s_started.Value is { } why) throw new HypervisorException(HypervisorErrorKind.Unsupported, why);
    }

    private static string? Run()
    {
        if (!NativeLibrary.TryLoad(LibVirt.Library, typeof(LibVirt).Assembly, null, out _))
            return $"the library {LibVirt.Library} is not installed on the server's machine — remedy: apt-get install libvirt0";
        if (LibVirt.Initialize() < 0) return "libvirt cannot be initialised: " + VirError.Last().Message;
        // Without a handler of ours it prints every failure on standard error.
        LibVirt.SetErrorFunction(0, &Ignore);
        if (LibVirt.EventRegisterDefaultImplementation() < 0) return "libvirt's event loop cannot be had: " + VirError.Last().Message;
        new Thread(Loop) { IsBackground = true, Name = "libvirt events" }.Start();
        return null;
    }

    private static void Loop()
    {
        // A failed turn is one handle's business; the loop serves the others.
        while (true) _ = LibVirt.EventRunDefaultImplementation();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(nint data, nint error)
    {
        // The same failure is read by the caller's thread.
    }
}
