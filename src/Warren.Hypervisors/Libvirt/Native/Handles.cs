using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Libvirt.Native;

/// <summary>A counted reference to an object of libvirt.</summary>
internal abstract class VirHandle() : SafeHandle(0, ownsHandle: true)
{
    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The pointer, for calls that are given one.</summary>
    internal nint Pointer => handle;

    /// <summary>Takes the references in an array that libvirt made, and frees the array.</summary>
    internal static List<T> Take<T>(nint array, int count) where T : VirHandle, new()
    {
        var list = new List<T>(count);
        for (var i = 0; i < count; i++)
        {
            var one = new T();
            one.SetHandle(Marshal.ReadIntPtr(array, i * nint.Size));
            list.Add(one);
        }

        LibVirt.Free(array);
        return list;
    }
}

/// <summary>A connection. Closing asks the daemon, so that it belongs on a dedicated thread too.</summary>
internal sealed class ConnectHandle : VirHandle
{
    /// <summary>Takes back what libvirt calls: each of those holds a reference, and the connection would stay open.</summary>
    internal Action<nint>? BeforeClose { get; set; }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        // It waits for the daemon, which may hang; the finalizer thread must not.
        var (closing, before) = (handle, BeforeClose);
        new Thread(() =>
        {
            before?.Invoke(closing);
            _ = LibVirt.ConnectClose(closing);
        }) { IsBackground = true, Name = "libvirt close" }.Start();
        return true;
    }
}

/// <summary>A domain: libvirt's word for a machine.</summary>
internal sealed class DomainHandle : VirHandle
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibVirt.DomainFree(handle) == 0;
}

/// <summary>A snapshot of a domain.</summary>
internal sealed class SnapshotHandle : VirHandle
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibVirt.SnapshotFree(handle) == 0;
}

/// <summary>A storage pool.</summary>
internal sealed class PoolHandle : VirHandle
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibVirt.PoolFree(handle) == 0;
}

/// <summary>A volume: a file in a pool.</summary>
internal sealed class VolumeHandle : VirHandle
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibVirt.VolumeFree(handle) == 0;
}

/// <summary>A network of the host.</summary>
internal sealed class NetworkHandle : VirHandle
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibVirt.NetworkFree(handle) == 0;
}

/// <summary>A stream of bytes over a connection.</summary>
internal sealed class StreamHandle : VirHandle
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibVirt.StreamFree(handle) == 0;
}
