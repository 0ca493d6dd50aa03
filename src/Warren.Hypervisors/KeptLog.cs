namespace Warren.Hypervisors;

/// <summary>
/// A kept serial log of which every byte has a place: the number of bytes that were written before it. It keeps that place
/// over restarts of the machine and of the server. The oldest bytes may be forgotten.
/// </summary>
public abstract class KeptLog : IDisposable
{
    /// <summary>Which log this is: places in one mean nothing in another.</summary>
    public abstract string Id { get; }

    /// <summary>Whether this is the log that was called so.</summary>
    public virtual bool Is(string id) => id == Id;

    /// <summary>Place of the first byte that is still kept.</summary>
    public abstract long Start { get; }

    /// <summary>Place of the byte that the guest writes next.</summary>
    public abstract long End { get; }

    /// <summary>Another log has taken its place: nothing is added to this one any more.</summary>
    public virtual bool IsFormer => false;

    /// <summary>Reads from a place; does not wait.</summary>
    /// <param name="at">The place; moved where the log goes on when what is there is forgotten, not written yet, or not any more.</param>
    /// <param name="into">Where to.</param>
    /// <returns>Bytes read from <paramref name="at"/> on; 0 at the end.</returns>
    public abstract int Read(ref long at, Span<byte> into);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what it holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>The serial logs of a host's machines, by places.</summary>
public interface IKeptLogs
{
    /// <summary>Opens a machine's log; an empty one when there is none yet.</summary>
    /// <exception cref="HypervisorException">NotFound when there is no such machine.</exception>
    Task<KeptLog> OpenAsync(string machineId, CancellationToken cancellation);

    /// <summary>Forgets the oldest part of a log that has become too long, also while it is written and read. Next to nothing when it has not.</summary>
    Task TrimAsync(string machineId, CancellationToken cancellation);
}
