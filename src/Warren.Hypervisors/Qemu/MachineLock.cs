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
    internal static Task<IDisposable> TakeAsync(MachineFolder folder, TimeProvider clock, CancellationToken cancellation) =>
        TakeAsync(folder.Root, $"{Stripe(folder.Id):d2}", $"machine {folder.Id}", clock, cancellation);

    /// <summary>Takes it if nobody holds it now, else null.</summary>
    internal static IDisposable? Try(MachineFolder folder)
    {
        try
        {
            return Open(Path.Combine(folder.Root, ".locks", $"{Stripe(folder.Id):d2}"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Both at once, always in one order, so that no two callers wait for each other.</summary>
    /// <exception cref="HypervisorException">Busy when another holds one of them for over a minute.</exception>
    internal static async Task<IDisposable> TakeBothAsync(MachineFolder one, MachineFolder other, TimeProvider clock, CancellationToken cancellation)
    {
        if (Stripe(one.Id) == Stripe(other.Id)) return await TakeAsync(one, clock, cancellation);
        var (first, second) = Stripe(one.Id) < Stripe(other.Id) ? (one, other) : (other, one);
        var held = await TakeAsync(first, clock, cancellation);
        try
        {
            return new Pair(held, await TakeAsync(second, clock, cancellation));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The same for something that is no machine.</summary>
    /// <param name="root">The folder of the machines.</param>
    /// <param name="name">Name of the lock's file.</param>
    /// <param name="what">What it guards, for the error.</param>
    /// <param name="clock">Time.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HypervisorException">Busy when another holds it for over a minute.</exception>
    internal static async Task<IDisposable> TakeAsync(string root, string name, string what, TimeProvider clock, CancellationToken cancellation)
    {
        var locks = Path.Combine(root, ".locks");
        Directory.CreateDirectory(locks, OwnerOnly.Folder);
        var file = Path.Combine(locks, name);
        var began = clock.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return Open(file);
            }
            catch (IOException) when (clock.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(Pause, clock, cancellation);
            }
            catch (IOException e)
            {
                throw new HypervisorException(HypervisorErrorKind.Busy, $"{what} is being changed by another call", e);
            }
        }
    }

    private static FileStream Open(string file) => new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);

    private sealed class Pair(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            second.Dispose();
            first.Dispose();
        }
    }

    // string.GetHashCode differs from process to process.
    private static int Stripe(string id) => id.Aggregate(0, (sum, letter) => ((sum * 31) + letter) % Stripes);
}
