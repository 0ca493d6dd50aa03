namespace Warren.Server.Images.Uploads;

/// <summary>
/// One writer to each upload. Who comes later is right: a browser that lost its connection asks again long before the server has noticed, so the
/// earlier request is ended and waited for.
/// </summary>
internal sealed class UploadTurns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>Takes the turn; disposing the result gives it back.</summary>
    public async Task<Turn> TakeAsync(string upload, CancellationToken cancellation)
    {
        while (true)
        {
            Turn? before;
            lock (_lock)
            {
                if (!_turns.TryGetValue(upload, out before)) return _turns[upload] = new Turn(this, upload, cancellation);
            }

            await before.EndAsync().WaitAsync(cancellation);
        }
    }

    internal sealed class Turn : IDisposable
    {
        private readonly UploadTurns _turns;
        private readonly string _upload;
        private readonly CancellationTokenSource _end;
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Turn(UploadTurns turns, string upload, CancellationToken cancellation)
        {
            (_turns, _upload) = (turns, upload);
            _end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Cancellation = _end.Token;
        }

        /// <summary>Ends with the request, or when another one wants the turn.</summary>
        public CancellationToken Cancellation { get; }

        public void Dispose()
        {
            lock (_turns._lock) _turns._turns.Remove(_upload);
            _ended.TrySetResult();
            _end.Dispose();
        }

        internal async Task EndAsync()
        {
            try
            {
                await _end.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended.
            }

            await _ended.Task;
        }
    }
}
