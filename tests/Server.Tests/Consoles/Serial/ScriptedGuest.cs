using System.Text;
using Warren.Hypervisors;
using Warren.Server.Consoles.Serial;
using Warren.Server.Operations;
using Warren.Server.Tests.Consoles.Screens;

namespace Warren.Server.Tests.Consoles.Serial;

/// <summary>A machine whose guest writes what a test tells it to: always to its log, and to its line while that is open.</summary>
/// <param name="kept">Whether its host has the log by places.</param>
internal sealed class ScriptedGuest(bool kept) : IKeptLogs
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _typed = new();
    private List<byte> _log = [];
    private int _forgotten;
    private DuplexLine? _line;

    public bool On { get; set; } = true;

    /// <summary>Its host does not answer.</summary>
    public bool Away { get; set; }

    /// <summary>Times that the line was wanted.</summary>
    public int Tried { get; private set; }

    /// <summary>Bytes by which the log, read as a whole, is behind; for so many looks.</summary>
    public int Lag { get; set; }

    /// <summary>Lines that were opened.</summary>
    public int Opened { get; private set; }

    /// <summary>Which log it is: another number after it was set aside.</summary>
    public int Generation { get; private set; }

    public bool IsOpen => _line is not null;

    public byte[] Log
    {
        get { lock (_gate) return [.. _log]; }
    }

    public string Typed
    {
        get { lock (_typed) return _typed.ToString(); }
    }

    public Task<OpenLine> OpenAsync(CancellationToken cancellation)
    {
        Tried++;
        if (Away) throw new HypervisorException(HypervisorErrorKind.Unreachable, "the host is silent");
        if (!On) throw new RefusedException(Problems.IllegalState("The machine is off."));
        var (near, far) = DuplexLine.Make();
        lock (_gate) _line = far;
        Opened++;
        _ = HearAsync(far);
        return Task.FromResult(new OpenLine(near, kept ? this : null));
    }

    public Task<Stream?> OpenLogAsync(CancellationToken cancellation)
    {
        lock (_gate)
        {
            var end = Math.Max(0, _log.Count - Lag);
            Lag = 0;
            return Task.FromResult<Stream?>(new MemoryStream([.. _log[..end]]));
        }
    }

    /// <summary>The guest writes. The line may be ahead of the log, as it is with QEMU.</summary>
    public async Task WriteAsync(byte[] bytes, bool lineFirst = false)
    {
        DuplexLine? line;
        lock (_gate)
        {
            line = _line;
            if (!lineFirst) _log.AddRange(bytes);
        }

        try
        {
            if (line is not null) await line.WriteAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // Nobody is connected; a guest does not mind.
        }

        if (lineFirst) lock (_gate) _log.AddRange(bytes);
    }

    /// <summary>The connection breaks.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _line?.Dispose();
            _line = null;
        }
    }

    public void Forget(int bytes) => _forgotten = bytes;

    /// <summary>The log is set aside, and another is begun.</summary>
    public void SetAside()
    {
        lock (_gate) (_log, _forgotten, Generation) = ([], 0, Generation + 1);
    }

    Task<KeptLog> IKeptLogs.OpenAsync(string machineId, CancellationToken cancellation) => Task.FromResult<KeptLog>(new Place(this, _log, Generation));

    Task IKeptLogs.TrimAsync(string machineId, CancellationToken cancellation) => Task.CompletedTask;

    private async Task HearAsync(DuplexLine line)
    {
        var buffer = new byte[4096];
        try
        {
            while (await line.ReadAsync(buffer) is > 0 and var read)
            {
                lock (_typed) _typed.Append(Encoding.UTF8.GetString(buffer, 0, read));
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // Cut.
        }
    }

    private sealed class Place(ScriptedGuest guest, List<byte> log, int generation) : KeptLog
    {
        public override string Id => $"log-{generation}";
        public override long Start => generation == guest.Generation ? guest._forgotten : 0;
        public override bool IsFormer => generation != guest.Generation;

        public override long End
        {
            get { lock (guest._gate) return log.Count; }
        }

        public override int Read(ref long at, Span<byte> into)
        {
            lock (guest._gate)
            {
                at = Math.Clamp(at, Start, log.Count);
                var read = Math.Min(into.Length, log.Count - (int)at);
                log.GetRange((int)at, read).CopyTo(into);
                return read;
            }
        }
    }
}
