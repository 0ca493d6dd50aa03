namespace Warren.Hypervisors.Qemu;

/// <summary>
/// Who makes a forward of the moment holds this file of the machine, across drivers and processes (flock), and there is something in it
/// for as long as there is the forward: so it is known when a server died in between.
/// </summary>
internal sealed class MomentFile : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);
    private readonly FileStream _file;

    private MomentFile(FileStream file) => _file = file;

    /// <summary>Whether a forward was left, or is just being used.</summary>
    internal static bool IsLeft(MachineFolder folder) => new FileInfo(folder.PortMoment) is { Exists: true, Length: > 0 };

    /// <summary>Takes it if nobody holds it now, else null.</summary>
    internal static MomentFile? Try(MachineFolder folder)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly.File;
            return new MomentFile(new FileStream(folder.PortMoment, options));
        }
        catch (DirectoryNotFoundException)
        {
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {folder.Id} on this host");
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <exception cref="HypervisorException">Busy when another process holds it for long.</exception>
    internal static async Task<MomentFile> TakeAsync(MachineFolder folder, TimeProvider clock, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            if (Try(folder) is { } taken) return taken;
            if (clock.GetElapsedTime(began) > s_patience)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"a port of machine {folder.Id} is being opened by another process");
            await Task.Delay(TimeSpan.FromMilliseconds(5), clock, cancellation);
        }
    }

    /// <summary>There will be a forward.</summary>
    internal void Begin()
    {
        _file.Position = 0;
        _file.WriteByte((byte)'1');
    }

    /// <summary>There is none any more.</summary>
    internal void Done() => _file.SetLength(0);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
