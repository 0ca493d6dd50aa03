using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Warren.Hypervisors.Qemu.Forks;

/// <summary>
/// A guest's memory copied to a file, in passes of which each writes only the pages that are not in the file as they are now: the first while
/// the guest runs, the last while it stands still, so that it stands for the reading of its memory and not for the writing.
/// </summary>
/// <remarks>
/// What the file holds is known by a sum of each page, and so need not be read again, nor mapped: a disk that fails would kill this process
/// then (SIGBUS). A sum that is kept is of the very bytes that were written, from a buffer of our own: what the guest writes to the page
/// meanwhile the next pass sees. Sums are the 128 bits of XXH3, from a start that no guest can know: that a page which was changed has its old
/// sum is less likely than memory that forgets. The kernel's own marks of what was written (soft-dirty) are not built into many
/// kernels, and know nothing of what a device writes past the page tables.
/// </remarks>
internal sealed unsafe class MemoryCopy : IDisposable
{
    /// <summary>Bytes that one sum is of: what a guest's own pages are, which is what it writes anew.</summary>
    internal const int Page = 4096;

    private const int Chunk = 64 * Page;

    private const long Part = 8L << 20;

    private readonly SafeFileHandle _from, _to;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _memory;
    private readonly long _seed, _length;
    private readonly UInt128 _zero;

    /// <summary>Sums of each part's pages as they are in the file; none where nothing was ever written.</summary>
    private readonly UInt128[]?[] _parts;

    private MemoryCopy(SafeFileHandle from, string path)
    {
        (_from, _length) = (from, RandomAccess.GetLength(from));
        _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        _zero = SumOf(new byte[Page]);
        _parts = new UInt128[]?[(_length + Part - 1) / Part];
        _to = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        try
        {
            File.SetUnixFileMode(path, OwnerOnly.File);
            RandomAccess.SetLength(_to, _length);
            _file = MemoryMappedFile.CreateFromFile(from, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            // Read in place: a sum takes a third of the time that read(2) takes to bring what it is of.
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _memory);
        }
        catch
        {
            _file?.Dispose();
            _to.Dispose();
            throw;
        }
    }

    /// <summary>Makes the file, without anything in it.</summary>
    internal static MemoryCopy Begin(SafeFileHandle from, string path) => new(from, path);

    /// <summary>Makes the file what the memory is now, if nobody writes to that. One pass at a time.</summary>
    /// <param name="atOnce">Threads.</param>
    /// <param name="cancellation">Ends it; what the file holds is then no longer known.</param>
    /// <returns>Pages that were written.</returns>
    internal long Pass(int atOnce, CancellationToken cancellation)
    {
        var written = 0L;
        try
        {
            Parallel.ForEach(Pieces(), new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation }, () => new byte[Chunk], (piece, _, buffer) =>
            {
                Interlocked.Add(ref written, Copy(piece, buffer));
                return buffer;
            }, _ => { });
        }
        catch (AggregateException e)
        {
            // A full disk is one for all of them.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return written;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_to.IsClosed) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
        _to.Dispose();
    }

    /// <summary>What the guest has ever touched, and what it has no more but the file has; no piece is of two parts.</summary>
    private IEnumerable<(long From, long To, bool IsHole)> Pieces()
    {
        for (long at = 0; at < _length;)
        {
            var data = SharedMemory.NextData(_from, at) is var next and >= 0 ? next : _length;
            foreach (var (from, to) in Cut(at, data))
                if (_parts[from / Part] is not null) yield return (from, to, true);
            if (data == _length) yield break;
            at = SharedMemory.NextHole(_from, data) is var hole && hole > data ? hole : _length;
            foreach (var (from, to) in Cut(data, at)) yield return (from, to, false);
        }
    }

    private static IEnumerable<(long From, long To)> Cut(long from, long to)
    {
        for (long next; from < to; from = next)
        {
            next = Math.Min(to, (from / Part * Part) + Part);
            yield return (from, next);
        }
    }

    private long Copy((long From, long To, bool IsHole) piece, byte[] buffer)
    {
        // A part may be cut into pieces, which are worked on side by side.
        var isFresh = _parts[piece.From / Part] is null;
        var sums = _parts[piece.From / Part] ?? Fresh(ref _parts[piece.From / Part]);
        var (written, begin) = (0L, piece.From);
        for (var at = piece.From; at < piece.To; at += Page)
        {
            if (at - begin == buffer.Length) begin = Write(begin, at, buffer);
            if (Take(at, ref sums[at % Part / Page], piece.IsHole, isFresh, buffer.AsSpan((int)(at - begin), Page))) written++;
            else begin = Write(begin, at, buffer) + Page;
        }

        Write(begin, piece.To, buffer);
        return written;
    }

    /// <summary>Brings a page, if the file does not have it as it is now.</summary>
    private bool Take(long at, ref UInt128 sum, bool isHole, bool isFresh, Span<byte> to)
    {
        var now = _zero;
        if (isHole)
        {
            // To read what is not there from the mapping would make it be there.
            to.Clear();
        }
        else
        {
            var page = new ReadOnlySpan<byte>(_memory + at, Page);
            if (!isFresh && SumOf(page) == sum) return false;
            page.CopyTo(to);
            now = SumOf(to);
        }

        if (now == sum) return false;
        // Known as written before it is: a pass that fails is the last one.
        sum = now;
        return true;
    }

    /// <summary>Writes what has been brought of pages that lie side by side.</summary>
    private long Write(long from, long to, byte[] buffer)
    {
        if (to > from) RandomAccess.Write(_to, buffer.AsSpan(0, (int)(to - from)), from);
        return to;
    }

    private UInt128[] Fresh(ref UInt128[]? part)
    {
        var fresh = new UInt128[Part / Page];
        Array.Fill(fresh, _zero);
        return Interlocked.CompareExchange(ref part, fresh, null) ?? fresh;
    }

    private UInt128 SumOf(ReadOnlySpan<byte> page) => XxHash128.HashToUInt128(page, _seed);
}
