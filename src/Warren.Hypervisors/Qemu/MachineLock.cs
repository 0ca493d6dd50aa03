namespace Warren.Hypervisors.Qemu;

/// <summary>
/// One changer at a time per machine, across drivers and processes, by <c>flock</c> (what FileShare.None is on unix);
/// the kernel releases it when its holder dies. The lock files are few and permanent: a lock file inside the machine's
/// folder would be removed with it under a waiter's feet.
/// </summary>
internal static class MachineLock
{
    private const int Stripes = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <exception cref="HypervisorException">Busy when another holds it for over a minute.</exception>
    internal static async Task<IDisposable> TakeAsync(MachineFolder folder, TimeProvider clock, CancellationToken cancellation)
    {
        var locks = Path.Combine(folder.Root, ".locks");
        Directory.CreateDirectory(locks, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = Path.Combine(locks, $"{Stripe(folder.Id):d2}");
        var began = clock.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            }
            catch (IOException) when (clock.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Pause, clock, cancellation);
            }
            catch (IOException e)
            {
                throw new HypervisorException(HypervisorErrorKind.Busy, $"machine {folder.Id} is being changed by another call", e);
            }
        }
    }

    // string.GetHashCode differs from process to process.
    private static int Stripe(string id) => id.Aggregate(0, (sum, letter) => ((sum * 31) + letter) % Stripes);
}
