using System.Threading.Channels;

namespace Warren.Server.Consoles.Recordings;

/// <summary>
/// The threads that compare, encode and write for all recordings: half as many as there are processors, so that what serves people is never
/// waiting for them, however many machines are recorded.
/// </summary>
internal sealed class RecordingThreads : IDisposable
{
    private readonly Channel<Action> _work = Channel.CreateUnbounded<Action>();
    private bool _started;

    /// <summary>Runs something on one of them.</summary>
    public async Task<T> RunAsync<T>(Func<T> work)
    {
        Start();
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Writer.TryWrite(() =>
        {
            try
            {
                result.SetResult(work());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        });
        return await result.Task;
    }

    public void Dispose() => _work.Writer.TryComplete();

    /// <summary>A server that records nothing has none.</summary>
    private void Start()
    {
        if (Interlocked.Exchange(ref _started, true)) return;
        for (var i = 0; i < Math.Max(1, Environment.ProcessorCount / 2); i++)
            new Thread(Work) { IsBackground = true, Name = "recording", Priority = ThreadPriority.BelowNormal }.Start();
    }

    private void Work()
    {
        while (_work.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (_work.Reader.TryRead(out var work)) work();
        }
    }
}
