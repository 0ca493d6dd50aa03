using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Warren.Server.Web;

/// <summary>
/// Lets an upgraded connection write straight to its socket. Kestrel's way copies all of it once more, into pieces of 4 KiB, and sends
/// from another thread; to a screen's hundred viewers that is most of the work. What is read comes through Kestrel as ever.
/// </summary>
internal sealed class DirectOutput(IHttpUpgradeFeature kestrel, Socket socket) : IHttpUpgradeFeature
{
    private volatile bool _begun;

    public bool IsUpgradableRequest => kestrel.IsUpgradableRequest;

    /// <summary>Offers it where there is nothing between Kestrel and the socket; over TLS, or beneath anything but HTTP/1.1, all stays as it is.</summary>
    public static Task OfferAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } kestrel
            && http.Features.Get<ITlsHandshakeFeature>() is null
            && http.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            http.Features.Set<IHttpUpgradeFeature>(new DirectOutput(kestrel, socket));
        }

        return next(http);
    }

    /// <summary>
    /// From now on. To be called when the other side has answered to all that was written before, so that nothing of it can still be on
    /// its way through Kestrel. (A pong may be: it is a frame of its own, small enough to be sent at once, and its place does not matter.)
    /// </summary>
    public static void Begin(HttpContext http)
    {
        if (http.Features.Get<IHttpUpgradeFeature>() is DirectOutput output) output._begun = true;
    }

    public async Task<Stream> UpgradeAsync() => new Line(this, await kestrel.UpgradeAsync(), socket);

    private sealed class Line(DirectOutput output, Stream kestrel, Socket socket) : Stream
    {
        public override bool CanRead => true;
        public override bool CanWrite => true;
        public override bool CanSeek => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => kestrel.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => kestrel.ReadAsync(buffer, offset, count, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => kestrel.Read(buffer, offset, count);

        /// <summary>All of it; it ends at once when the socket takes it at once.</summary>
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!output._begun) return kestrel.WriteAsync(buffer, cancellationToken);
            var sending = socket.SendAsync(buffer, SocketFlags.None, cancellationToken);
            if (!sending.IsCompletedSuccessfully) return WaitAsync(sending);
            sending.GetAwaiter().GetResult();
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => kestrel.Write(buffer, offset, count);

        public override Task FlushAsync(CancellationToken cancellationToken) => output._begun ? Task.CompletedTask : kestrel.FlushAsync(cancellationToken);

        public override void Flush() => kestrel.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) kestrel.Dispose();
            base.Dispose(disposing);
        }

        private static async ValueTask WaitAsync(ValueTask<int> sending)
        {
            try
            {
                await sending;
            }
            catch (SocketException e)
            {
                throw new IOException("the connection broke", e);
            }
        }
    }
}
