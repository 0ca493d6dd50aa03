using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Connections;

/// <summary>An open connection to a daemon, and what its events call.</summary>
internal sealed unsafe class Connection
{
    private static readonly ConcurrentDictionary<nint, WeakReference<Connection>> s_open = new();
    private static long s_last;

    private readonly nint _id = (nint)Interlocked.Increment(ref s_last);
    private readonly ConcurrentDictionary<Action<string?>, byte> _watchers = new();
    private volatile bool _lost;
    private int _listening = -1;

    private Connection(ConnectHandle handle) => Handle = handle;

    internal ConnectHandle Handle { get; }

    /// <summary>False once it is known to be lost or has been given up. Asks nobody.</summary>
    internal bool IsAlive => !_lost && !Handle.IsClosed && LibVirt.ConnectIsAlive(Handle) != 0;

    /// <summary>Opens a connection; blocks as long as the other side likes.</summary>
    internal static Connection Open(LibvirtOptions options)
    {
        EventLoop.Start();
        var connection = new Connection(VirError.Check(LibVirt.ConnectOpen(options.Uri, 0, Flags(options))));
        s_open[connection._id] = new WeakReference<Connection>(connection);
        // Neither is known to the test driver, which has no daemon to lose.
        if (LibVirt.ConnectSetKeepAlive(connection.Handle, options.KeepAliveSeconds, LibvirtOptions.KeepAliveCount) < 0) LibVirt.ResetLastError();
        if (LibVirt.ConnectRegisterCloseCallback(connection.Handle, &Closed, connection._id, null) < 0) LibVirt.ResetLastError();
        connection.Handle.BeforeClose = connection.StopListening;
        return connection;
    }

    /// <summary>The test driver knows no flags.</summary>
    private static uint Flags(LibvirtOptions options) => options.Uri.StartsWith("test:", StringComparison.Ordinal) ? 0 : LibVirt.ConnectNoAliases;

    /// <summary>Calls back with the name of each domain that changes, and with null when the connection is lost. Must not block.</summary>
    internal void Watch(Action<string?> watcher)
    {
        lock (_watchers)
        {
            if (_listening < 0) _listening = VirError.Check(LibVirt.ConnectDomainEventRegister(Handle, 0, 0, &Changed, _id, null));
        }

        _watchers[watcher] = 0;
        if (!IsAlive) watcher(null);
    }

    internal void Unwatch(Action<string?> watcher) => _watchers.TryRemove(watcher, out _);

    /// <summary>Gives it up; calls that hang in it are left to themselves.</summary>
    internal void Abandon()
    {
        _lost = true;
        s_open.TryRemove(_id, out _);
        foreach (var watcher in _watchers.Keys) watcher(null);
        Handle.Dispose();
    }

    private void StopListening(nint connection)
    {
        if (_listening >= 0 && LibVirt.ConnectDomainEventDeregister(connection, _listening) < 0) LibVirt.ResetLastError();
        if (LibVirt.ConnectUnregisterCloseCallback(connection, &Closed) < 0) LibVirt.ResetLastError();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Closed(nint connection, int reason, nint data)
    {
        if (!s_open.TryRemove(data, out var weak) || !weak.TryGetTarget(out var open)) return;
        open._lost = true;
        foreach (var watcher in open._watchers.Keys) watcher(null);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Changed(nint connection, nint domain, int change, int detail, nint data)
    {
        if (s_open.TryGetValue(data, out var weak) && weak.TryGetTarget(out var open)
            && Marshal.PtrToStringUTF8(LibVirt.DomainGetName(domain)) is { } name)
        {
            foreach (var watcher in open._watchers.Keys) watcher(name);
        }

        return 0;
    }
}
