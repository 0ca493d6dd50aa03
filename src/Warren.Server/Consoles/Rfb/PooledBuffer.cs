using System.Buffers;

namespace Warren.Server.Consoles.Rfb;

/// <summary>Bytes that are written once, in memory of the pool.</summary>
internal sealed class PooledBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Gives the memory back: nobody may read it any more.</summary>
    public void Dispose()
    {
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Grow(int more)
    {
        if (_bytes.Length - Length >= Math.Max(1, more)) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + Math.Max(1, more)));
        Written.Span.CopyTo(larger);
        Dispose();
        _bytes = larger;
    }
}

/// <summary>
/// A message that several send. Its memory goes back when the last of them has done so; one who fails never says so, because a write
/// that was given up may still be reading it.
/// </summary>
/// <param name="bytes">The message.</param>
/// <param name="moves">Whether it moves something, so that it is only for who has the very picture that was there before.</param>
internal sealed class SharedMessage(PooledBuffer bytes, bool moves)
{
    private int _holders = 1;

    public ReadOnlyMemory<byte> Bytes => bytes.Written;

    public bool Moves => moves;

    /// <summary>One more will send it. Under the shadow's gate: whoever made it still holds it.</summary>
    public SharedMessage Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0) bytes.Dispose();
    }
}
