using System.Security.Cryptography;
using Warren.Contracts;

namespace Warren.Soak.Tests;

/// <summary>Large uploads by our own client to a server in a process of its own: its memory stays flat, and a SIGKILL costs no more than the wait.</summary>
public sealed class UploadCampaign : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly string _data = Directory.CreateTempSubdirectory("wu-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_large_upload_keeps_the_server_s_memory_flat()
    {
        using var content = new Pattern((Campaign.IsFull ? 2048L : 192L) * MiB);
        var server = await MortalServer.StartAsync(_data, null);
        try
        {
            using var client = new WarrenClient(new Uri(server.Url), server.Token);
            // A first one brings in what is compiled and kept once.
            using (var first = new Pattern(16 * MiB)) await SendAsync(client, first, "first");
            var before = (await server.MemoryAsync()).Now;
            var image = await SendAsync(client, content, "large");
            image.Sha256.ShouldBe(content.Sha256());
            var (peak, _) = await server.MemoryAsync();
            Campaign.Say($"{content.Length / MiB} MiB sent; the server had {before} MiB before and at most {peak}");
            (peak - before).ShouldBeLessThan(64);
        }
        finally
        {
            await server.KillAsync();
        }
    }

    [Fact]
    public async Task An_upload_to_a_server_that_is_killed_again_and_again_arrives_whole()
    {
        using var content = new Pattern((Campaign.IsFull ? 1024L : 96L) * MiB);
        var server = await MortalServer.StartAsync(_data, null);
        var (kills, url) = (0, server.Url);
        try
        {
            using var client = new WarrenClient(new Uri(url), server.Token) { Patience = TimeSpan.FromMinutes(5) };
            var sending = SendAsync(client, content, "mortal");
            for (var at = 24L * MiB; at < content.Length; at += Math.Max(24L * MiB, content.Length / 12))
            {
                while (content.Position < at && !sending.IsCompleted) await Task.WhenAny(content.ReadOnAsync(at), sending);
                if (sending.IsCompleted) break;
                await server.KillAsync();
                kills++;
                server = await MortalServer.StartAsync(_data, null, $"--urls={url}");
            }

            (await sending).Sha256.ShouldBe(content.Sha256());
            kills.ShouldBeGreaterThan(1);
            Campaign.Say($"{content.Length / MiB} MiB arrived whole over {kills} kills; {content.Sent / MiB} were sent");
        }
        finally
        {
            await server.KillAsync();
        }
    }

    private static async Task<Image> SendAsync(WarrenClient client, Pattern content, string name)
    {
        var operation = await client.UploadImageAsync(name, name + ".raw", content, new ImportImageRequest { Format = "raw", Insecure = true });
        var ended = await client.WaitForOperationAsync(operation.Id);
        ended.Status.ShouldBe(OperationStatus.Succeeded, ended.Problem?.Detail);
        return await client.GetImageAsync(name);
    }

    /// <summary>Bytes that depend on where they are, so that nothing has to be kept to know them.</summary>
    private sealed class Pattern(long length) : Stream
    {
        private readonly Lock _lock = new();
        private readonly List<(long At, TaskCompletionSource Reached)> _waiting = [];
        private long _position;

        public long Sent { get; private set; }
        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get => Volatile.Read(ref _position); set => Volatile.Write(ref _position, value); }

        /// <summary>When it was read to here.</summary>
        public Task ReadOnAsync(long at)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                if (Position >= at) return Task.CompletedTask;
                _waiting.Add((at, reached));
            }

            return reached.Task;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length - Position);
            var at = (ulong)Position;
            for (var i = 0; i < count; i++, at++) buffer[i] = (byte)((at * 0x9E3779B97F4A7C15) >> 56);
            lock (_lock)
            {
                Position += count;
                Sent += count;
                foreach (var (_, reached) in _waiting.Where(w => w.At <= Position)) reached.TrySetResult();
                _waiting.RemoveAll(w => w.At <= Position);
            }

            return count;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public string Sha256()
        {
            using var again = new Pattern(length);
            return Convert.ToHexStringLower(SHA256.HashData(again));
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
