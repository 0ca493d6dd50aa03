namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>What the host's file system refuses (it is full, mostly) as the one failure that drivers throw.</summary>
internal static class HostDisk
{
    /// <exception cref="HypervisorException">Rejected, with the system's words.</exception>
    internal static void AnswerFor(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    /// <exception cref="HypervisorException">Rejected, with the system's words.</exception>
    internal static async Task AnswerForAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    private static HypervisorException Failure(Exception e) => new(HypervisorErrorKind.Rejected, $"a file of the machine could not be written: {e.Message}", e);
}
