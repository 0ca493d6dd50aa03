using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Consoles;

/// <summary>
/// The two directions of a console or channel, fed by the event loop: a pipe each. Nothing here waits for the daemon; a reader that does
/// not read, or a guest that does not, only stops its own direction.
/// </summary>
internal sealed unsafe class ConsoleLine
{
    private const int Chunk = 16 * 1024;

    private static readonly ConcurrentDictionary<nint, ConsoleLine> s_open = new();
    private static long s_last;

    private readonly nint _id = (nint)Interlocked.Increment(ref s_last);
    private readonly Connection _connection;
    private readonly StreamHandle _stream;
    private readonly Lock _lock = new();
    private int _wanted = LibVirt.StreamReadable | LibVirt.StreamError | LibVirt.StreamHangUp;
    private bool _ended;

    private ConsoleLine(Connection connection, StreamHandle stream)
    {
        _connection = connection;
        _stream = stream;
    }

    /// <summary>What the guest writes.</summary>
    internal Pipe FromGuest { get; } = new(new PipeOptions(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 128 * 1024, useSynchronizationContext: false));

    /// <summary>What the guest is to read.</summary>
    internal Pipe ToGuest { get; } = new(new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024, useSynchronizationContext: false));

    /// <summary>Opens the console of a running domain. Runs inside a call of <see cref="HostLine"/>.</summary>
    internal static ConsoleLine Open(Connection connection, DomainHandle domain) =>
        Open(connection, "the serial line", stream => LibVirt.DomainOpenConsole(domain, null, stream, 0));

    /// <summary>The same of one of its channels.</summary>
    internal static ConsoleLine OpenChannel(Connection connection, DomainHandle domain, string name) =>
        Open(connection, $"the channel {name}", stream => LibVirt.DomainOpenChannel(domain, name, stream, 0));

    private static ConsoleLine Open(Connection connection, string what, Func<StreamHandle, int> open)
    {
        var stream = VirError.Check(LibVirt.StreamNew(connection.Handle, LibVirt.StreamNonBlocking));
        if (open(stream) < 0)
        {
            var failure = VirError.Last();
            stream.Dispose();
            throw failure.Code == VirError.OperationFailed
                ? new HypervisorException(HypervisorErrorKind.Busy, $"{what} is open already; it serves one reader at a time", failure)
                : failure;
        }

        var line = new ConsoleLine(connection, stream);
        s_open[line._id] = line;
        VirError.Check(LibVirt.StreamEventAdd(stream, line._wanted, &Happened, line._id, null));
        connection.Watch(line.OnConnection);
        return line;
    }

    /// <summary>Lets the event loop fetch what has been written to <see cref="ToGuest"/>.</summary>
    internal void WakeWriter() => Want(LibVirt.StreamWritable, true);

    /// <summary>Ends both directions and tells the daemon. Runs inside a call of <see cref="HostLine"/>.</summary>
    internal void Close()
    {
        End(null);
        if (LibVirt.StreamAbort(_stream) < 0) LibVirt.ResetLastError();
        _stream.Dispose();
    }

    private void OnConnection(string? domain)
    {
        if (domain is null) End(new IOException("the connection to libvirt was lost"));
    }

    private void End(Exception? why)
    {
        lock (_lock)
        {
            if (_ended) return;
            _ended = true;
            s_open.TryRemove(_id, out _);
            if (!_stream.IsClosed && LibVirt.StreamEventRemove(_stream) < 0) LibVirt.ResetLastError();
            FromGuest.Writer.Complete(why);
            ToGuest.Reader.Complete(why);
        }

        _connection.Unwatch(OnConnection);
    }

    private void Want(int events, bool on)
    {
        lock (_lock)
        {
            if (_ended) return;
            _wanted = on ? _wanted | events : _wanted & ~events;
            if (LibVirt.StreamEventUpdate(_stream, _wanted) < 0) LibVirt.ResetLastError();
        }
    }

    private void OnEvents(int events)
    {
        // The pipes' memory is in use here and must not be given back by an end that comes from elsewhere.
        lock (_lock)
        {
            if (_ended) return;
            if ((events & LibVirt.StreamReadable) != 0) Receive();
            if ((events & LibVirt.StreamWritable) != 0 && !_ended) Send();
            // What arrived before the end is read first; then reading itself tells.
            if ((events & (LibVirt.StreamError | LibVirt.StreamHangUp)) != 0 && (events & LibVirt.StreamReadable) == 0) End(null);
        }
    }

    private void Receive()
    {
        var into = FromGuest.Writer.GetMemory(Chunk);
        int read;
        fixed (byte* data = into.Span) read = LibVirt.StreamReceive(_stream, data, (nuint)into.Length);
        if (read == -2) return; // Nothing there yet.
        if (read <= 0)
        {
            if (read < 0) LibVirt.ResetLastError();
            End(null);
            return;
        }

        FromGuest.Writer.Advance(read);
        var flushed = FromGuest.Writer.FlushAsync();
        if (flushed.IsCompleted) return;
        Want(LibVirt.StreamReadable, false);
        _ = flushed.AsTask().ContinueWith(_ => Want(LibVirt.StreamReadable, true), TaskScheduler.Default);
    }

    private void Send()
    {
        if (!ToGuest.Reader.TryRead(out var waiting))
        {
            Want(LibVirt.StreamWritable, false);
            // A writer may have come between; it wakes us again when it comes after.
            if (!ToGuest.Reader.TryRead(out waiting)) return;
            Want(LibVirt.StreamWritable, true);
        }

        var bytes = waiting.Buffer.First;
        var sent = 0;
        if (bytes.Length > 0)
        {
            fixed (byte* data = bytes.Span) sent = LibVirt.StreamSend(_stream, data, (nuint)Math.Min(bytes.Length, Chunk));
        }

        ToGuest.Reader.AdvanceTo(waiting.Buffer.GetPosition(Math.Max(sent, 0)));
        // The writer has closed its side: there will be nothing more to send.
        if (waiting.IsCompleted && bytes.Length == 0) Want(LibVirt.StreamWritable, false);
        if (sent == -1)
        {
            LibVirt.ResetLastError();
            End(null);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Happened(nint stream, int events, nint data)
    {
        if (!s_open.TryGetValue(data, out var line)) return;
        try
        {
            line.OnEvents(events);
        }
        catch (InvalidOperationException)
        {
            // The reader has completed the pipe at this very moment; nothing may leave a native callback.
        }
    }
}
