using Microsoft.Win32.SafeHandles;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu.Forks;

namespace Hypervisors.Tests.Qemu;

/// <summary>The copy of a guest's memory in passes: after a pass over memory that nobody writes to, the file is the memory, whatever came before.</summary>
public sealed class MemoryCopyTests : IDisposable
{
    private const int MiB = 1 << 20, Size = 40 * MiB;

    private readonly string _folder = Directory.CreateTempSubdirectory("w-").FullName;
    private readonly SafeFileHandle _memory;

    public MemoryCopyTests()
    {
        _memory = SharedMemory.Make(Size) ?? throw new InvalidOperationException("this kernel has no memfd_create");
        // As its QEMU does, by another file handle.
        Memory = File.OpenHandle(SharedMemory.PathOf(_memory), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private SafeFileHandle Memory { get; }

    private string Copied => Path.Combine(_folder, "memory");

    public void Dispose()
    {
        Memory.Dispose();
        _memory.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task The_last_pass_makes_the_file_what_the_memory_is_whatever_was_done_to_it_between(uint seed)
    {
        var dice = new Dice(seed);
        for (var i = 0; i < 60; i++) Scribble(dice);
        using var copy = MemoryCopy.Begin(Memory, Copied);
        copy.Pass(1, Cancellation).ShouldBeGreaterThan(0);
        ShouldBeSame();
        for (var pass = 0; pass < 12; pass++)
        {
            for (var i = (int)dice.Below(40); i > 0; i--) await ChangeAsync(dice);
            copy.Pass(1 + (pass % 4), Cancellation);
            ShouldBeSame();
        }

        copy.Pass(4, Cancellation).ShouldBe(0, "nothing has changed since");
    }

    [Fact]
    public async Task What_is_written_while_the_first_pass_runs_is_in_the_file_after_the_last()
    {
        var dice = new Dice(9);
        for (var at = 0L; at < Size; at += MiB) RandomAccess.Write(Memory, dice.Bytes(MiB), at);
        var written = 0;
        for (var round = 0; round < 10; round++)
        {
            File.Delete(Copied);
            using var copy = MemoryCopy.Begin(Memory, Copied);
            using var end = new CancellationTokenSource();
            // Not page by page: pages are torn by it.
            var (given, writer) = (end.Token, new Dice((uint)round + 100));
            var guest = Task.Run(() =>
            {
                for (; !given.IsCancellationRequested; written++) RandomAccess.Write(Memory, writer.Bytes(1 + (int)writer.Below(9000)), writer.Below(Size - 9000));
            }, CancellationToken.None);
            copy.Pass(1, Cancellation);
            await end.CancelAsync();
            await guest;
            copy.Pass(4, Cancellation);
            ShouldBeSame();
        }

        written.ShouldBeGreaterThan(100, "it was written meanwhile");
    }

    [Fact]
    public void Only_what_has_changed_is_written_and_what_was_never_touched_is_room_on_neither_side()
    {
        var dice = new Dice(3);
        foreach (var page in new[] { 0, 1, 2, 700, 5000, (Size / MemoryCopy.Page) - 1 }) RandomAccess.Write(Memory, dice.Bytes(MemoryCopy.Page), (long)page * MemoryCopy.Page);
        RandomAccess.Write(Memory, new byte[3 * MemoryCopy.Page], 900 * MemoryCopy.Page);
        using var copy = MemoryCopy.Begin(Memory, Copied);
        copy.Pass(2, Cancellation).ShouldBe(6, "zeros are not written");
        foreach (var at in new[] { 4095L, (5000L * MemoryCopy.Page) + 17 }) RandomAccess.Write(Memory, dice.Bytes(1), at);
        RandomAccess.Write(Memory, new byte[MemoryCopy.Page], 700 * MemoryCopy.Page);
        RandomAccess.Write(Memory, [1], 901 * MemoryCopy.Page);
        copy.Pass(2, Cancellation).ShouldBe(4);
        ShouldBeSame();
        // Nine pages were ever there: to look for what has changed must not make more.
        Held(Memory).ShouldBe(9 * MemoryCopy.Page);
        File.GetUnixFileMode(Copied).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_pass_that_is_given_up_says_so()
    {
        RandomAccess.Write(Memory, new Dice(1).Bytes(MiB), 0);
        using var copy = MemoryCopy.Begin(Memory, Copied);
        using var end = new CancellationTokenSource();
        end.Cancel();
        Should.Throw<OperationCanceledException>(() => copy.Pass(2, end.Token));
    }

    private void Scribble(Dice dice)
    {
        var bytes = dice.Bytes(1 + (int)dice.Below(100_000));
        if (dice.Below(4) == 0) Array.Clear(bytes);
        RandomAccess.Write(Memory, bytes, dice.Below(Size - bytes.Length));
    }

    private async Task ChangeAsync(Dice dice)
    {
        if (dice.Below(10) > 0)
        {
            Scribble(dice);
            return;
        }

        // What a guest gives back: zeros again, and nothing behind them.
        var (at, length) = (dice.Below(Size - MiB), 1 + dice.Below(MiB));
        await new CommandRunner().RequireAsync(new Command("fallocate", ["--punch-hole", "--offset", $"{at}", "--length", $"{length}", SharedMemory.PathOf(Memory)]), Cancellation);
    }

    private void ShouldBeSame()
    {
        using var file = File.OpenHandle(Copied, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        RandomAccess.GetLength(file).ShouldBe(Size);
        var (one, other) = (new byte[MiB], new byte[MiB]);
        for (var at = 0L; at < Size; at += MiB)
        {
            RandomAccess.Read(Memory, one, at);
            RandomAccess.Read(file, other, at);
            if (!one.AsSpan().SequenceEqual(other)) Assert.Fail($"not the same from {at + one.AsSpan().CommonPrefixLength(other)} on");
        }
    }

    /// <summary>Bytes of it that are there.</summary>
    private static long Held(SafeFileHandle memory)
    {
        var held = 0L;
        for (long at = 0; at < Size && SharedMemory.NextData(memory, at) is >= 0 and var data; at = SharedMemory.NextHole(memory, data)) held += SharedMemory.NextHole(memory, data) - data;
        return held;
    }

    /// <summary>Numbers that are the same in each run (Marsaglia, "Xorshift RNGs").</summary>
    private sealed class Dice(uint seed)
    {
        private uint _state = seed * 2654435769;

        internal long Below(long limit) => Next() % limit;

        internal byte[] Bytes(int count)
        {
            var bytes = new byte[count];
            foreach (ref var b in bytes.AsSpan()) b = (byte)(Next() >> 11);
            return bytes;
        }

        private uint Next()
        {
            _state ^= _state << 13;
            _state ^= _state >> 17;
            return _state ^= _state << 5;
        }
    }
}
