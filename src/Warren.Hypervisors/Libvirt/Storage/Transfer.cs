using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Storage;

/// <summary>Bytes of volumes to and from the host over the connection itself, so that remote hosts need nothing else.</summary>
internal static unsafe class Transfer
{
    /// <summary>Bytes at a time; libvirt's protocol carries 256 KiB of a stream in one message (VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX).</summary>
    private const int Chunk = 256 * 1024 - 128;

    /// <summary>Fills a volume from its beginning.</summary>
    internal static void Upload(
        Connection connection, Heartbeat heart, VolumeHandle volume, Stream content, Action<double>? progress, CancellationToken cancellation)
    {
        using var stream = VirError.Check(LibVirt.StreamNew(connection.Handle, 0));
        VirError.Check(LibVirt.VolumeUpload(volume, stream, 0, (ulong)content.Length, 0));
        try
        {
            var buffer = new byte[Chunk];
            long sent = 0;
            int read;
            while ((read = content.Read(buffer)) > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                Send(stream, buffer.AsSpan(0, read));
                sent += read;
                heart.Beat();
                progress?.Invoke((double)sent / content.Length);
            }
        }
        catch
        {
            if (LibVirt.StreamAbort(stream) < 0) LibVirt.ResetLastError();
            throw;
        }

        // Only now the daemon says whether everything was written.
        VirError.Check(LibVirt.StreamFinish(stream));
    }

    /// <summary>Writes a volume's bytes from its beginning to their end.</summary>
    internal static void Download(Connection connection, Heartbeat heart, VolumeHandle volume, Stream into, CancellationToken cancellation)
    {
        using var stream = VirError.Check(LibVirt.StreamNew(connection.Handle, 0));
        VirError.Check(LibVirt.VolumeDownload(volume, stream, 0, 0, 0));
        try
        {
            var buffer = new byte[Chunk];
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                int read;
                fixed (byte* data = buffer) read = VirError.Check(LibVirt.StreamReceive(stream, data, (nuint)buffer.Length));
                if (read == 0) break;
                into.Write(buffer, 0, read);
                heart.Beat();
            }
        }
        catch
        {
            if (LibVirt.StreamAbort(stream) < 0) LibVirt.ResetLastError();
            throw;
        }

        VirError.Check(LibVirt.StreamFinish(stream));
    }

    private static void Send(StreamHandle stream, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int sent;
            fixed (byte* data = bytes) sent = VirError.Check(LibVirt.StreamSend(stream, data, (nuint)bytes.Length));
            bytes = bytes[sent..];
        }
    }
}
