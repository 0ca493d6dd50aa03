using Warren.Contracts;

namespace Warren.Server.Consoles.Connections;

/// <summary>A connection that is open in this process; disposed of when it ends.</summary>
internal sealed class OpenConnection(ConnectionRow row, Func<OpenConnection, Task> end) : IAsyncDisposable
{
    private readonly CancellationTokenSource _sentAway = new();
    private Func<(long Sent, long Received, ViewerRole Role)>? _tells;
    private ViewerRole _most = row.Role;
    private long _sent;
    private long _received;
    private int _over;

    public ConnectionRow Row { get; } = row;

    public string Id => Row.Id;

    /// <summary>Ends when whoever is connected has to go.</summary>
    public CancellationToken SentAway => _sentAway.Token;

    /// <summary>Bytes carried so far, and the most that could be done since it was opened.</summary>
    public (long Sent, long Received, ViewerRole Role) Now
    {
        get
        {
            var (sent, received, role) = _tells?.Invoke() ?? (Volatile.Read(ref _sent), Volatile.Read(ref _received), _most);
            if (role == ViewerRole.Control) _most = role;
            return (sent, received, _most);
        }
    }

    /// <summary>So many bytes went to whoever is connected.</summary>
    public void CountSent(int bytes) => Interlocked.Add(ref _sent, bytes);

    /// <summary>So many bytes came from them.</summary>
    public void CountReceived(int bytes) => Interlocked.Add(ref _received, bytes);

    /// <summary>Says where to ask for what it carries.</summary>
    public void Tells(Func<(long Sent, long Received, ViewerRole Role)> tells) => _tells = tells;

    public void SendAway() => _sentAway.Cancel();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _over, 1) == 0) await end(this);
    }
}
