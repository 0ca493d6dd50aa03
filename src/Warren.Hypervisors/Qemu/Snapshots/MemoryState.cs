using System.Net.Sockets;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// The memory and the devices of a machine as a file: QEMU's migration stream, through a unix socket that this process is at
/// the other end of. The way by <c>file:</c> came with QEMU 8.2, and <c>exec:</c> is denied by the sandbox.
/// </summary>
internal static class MemoryState
{
    /// <summary>Bytes a second: as fast as it goes. QEMU's own limit is meant for networks.</summary>
    private const long Bandwidth = 64L << 30;

    private const int Chunk = 1 << 20;

    /// <summary>A stream that has stood still for as long has broken off.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>The versioned type of a machine's board.</summary>
    internal static async Task<string> TypeAsync(MachineFolder folder, QemuControl control, CancellationToken cancellation)
    {
        var type = (string?)await control.AskAsync(folder, "qom-get", new JsonObject { ["path"] = "/machine", ["property"] = "type" }, QemuControl.Limit, cancellation) ?? "";
        return type.EndsWith("-machine", StringComparison.Ordinal) ? type[..^"-machine".Length] : type;
    }

    /// <summary>Writes the state of a paused machine to a file, which is there only when it is whole.</summary>
    /// <param name="folder">Its files.</param>
    /// <param name="path">The file.</param>
    /// <param name="sync">It is to outlive a loss of power.</param>
    /// <param name="ignoreShared">Memory that others can read is left out. Said each time: one who did otherwise before may not have come to take it back.</param>
    /// <param name="control">Its QEMU.</param>
    /// <param name="clock">Time.</param>
    /// <param name="cancellation">Ends it; the machine can go on then.</param>
    internal static async Task SaveAsync(MachineFolder folder, string path, bool sync, bool ignoreShared, QemuControl control, TimeProvider clock, CancellationToken cancellation)
    {
        using var listener = await ListenAsync(folder, ignoreShared, control, cancellation);
        await SaveAsync(folder, listener, path, sync, control, clock, cancellation);
    }

    /// <summary>Makes ready for the state of a machine that may still run, at the end where it will come out.</summary>
    internal static async Task<Socket> ListenAsync(MachineFolder folder, bool ignoreShared, QemuControl control, CancellationToken cancellation)
    {
        await control.RunAsync(folder, QemuControl.Limit, cancellation,
            ("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = Bandwidth }), Forks.QemuForks.IgnoreShared(ignoreShared));
        File.Delete(folder.StateSocket);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(folder.StateSocket));
            File.SetUnixFileMode(folder.StateSocket, OwnerOnly.File);
            MachineRights.Give(folder, folder.StateSocket);
            listener.Listen(1);
            return listener;
        }
        catch (Exception e)
        {
            listener.Dispose();
            File.Delete(folder.StateSocket);
            if (e is SocketException) throw Failure($"the memory of machine {folder.Id} could not be kept", e);
            throw;
        }
    }

    /// <summary>Has the state of the machine, which is paused now, come out there.</summary>
    internal static async Task SaveAsync(MachineFolder folder, Socket listener, string path, bool sync, QemuControl control, TimeProvider clock, CancellationToken cancellation)
    {
        try
        {
            await control.AskAsync(folder, "migrate", new JsonObject { ["uri"] = "unix:" + folder.StateSocket }, QemuControl.Limit, cancellation);
            // Anew: what has that name now is not to be written through.
            File.Delete(path + ".new");
            await using (var file = new FileStream(path + ".new", new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly.File }))
            {
                using var stream = await listener.AcceptAsync(cancellation).AsTask().WaitAsync(s_patience, clock, cancellation);
                await CopyAsync(new NetworkStream(stream), file, clock, cancellation);
                file.Flush(flushToDisk: sync);
            }

            await CompletedAsync(folder, control, clock, cancellation);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e)
        {
            await GiveUpAsync(folder, control, clock);
            if (e is SocketException or IOException or TimeoutException) throw Failure($"the memory of machine {folder.Id} could not be kept", e);
            throw;
        }
        finally
        {
            File.Delete(folder.StateSocket);
            File.Delete(path + ".new");
        }
    }

    /// <summary>Gives a QEMU that was started with <c>-incoming defer</c> the state in a file.</summary>
    internal static async Task LoadAsync(MachineFolder folder, string path, QemuControl control, TimeProvider clock, CancellationToken cancellation)
    {
        var pid = MachineProcess.Find(folder);
        try
        {
            await control.AskAsync(folder, "migrate-incoming", new JsonObject { ["uri"] = "unix:" + folder.StateSocket }, QemuControl.Limit, cancellation);
            using (var socket = await UnixSockets.ConnectAsync(folder.StateSocket, clock, cancellation))
            await using (var file = File.OpenRead(path))
                await CopyAsync(file, new NetworkStream(socket), clock, cancellation);
            await CompletedAsync(folder, control, clock, cancellation);
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException)
        {
            throw Failure($"the memory of machine {folder.Id} could not be brought back{Said(folder)}", e);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable && pid is not null)
        {
            // A state that is cut short ends QEMU between two questions.
            if (!await MachineProcess.WaitForEndAsync(folder, pid.Value, QemuControl.Limit, clock, cancellation)) throw;
            throw Failure($"the memory of machine {folder.Id} could not be brought back{Said(folder)}", e);
        }
        finally
        {
            File.Delete(folder.StateSocket);
        }
    }

    /// <summary>Memory fits only the machine that it was kept from.</summary>
    /// <exception cref="HypervisorException">Rejected, with what differs.</exception>
    internal static void CheckFits(SnapshotRecord record, MachineDefinition now)
    {
        if (DefinitionRules.Difference(record.Definition, now) is var (name, then, wanted))
        {
            throw new HypervisorException(HypervisorErrorKind.Rejected,
                $"snapshot {record.Id} holds the memory of a machine whose {name} was {then}, and now it is {wanted}");
        }
    }

    /// <summary>Waits until QEMU has noticed that nobody takes its memory: before that it does not let the machine run on.</summary>
    private static async Task GiveUpAsync(MachineFolder folder, QemuControl control, TimeProvider clock)
    {
        try
        {
            await control.AskAsync(folder, "migrate_cancel", null, QemuControl.Limit, CancellationToken.None);
            await CompletedAsync(folder, control, clock, CancellationToken.None);
        }
        catch (Exception e) when (e is HypervisorException or IOException or TimeoutException)
        {
            // It says that it has failed, or nothing at all.
        }
    }

    private static HypervisorException Failure(string what, Exception e) =>
        new(e is TimeoutException ? HypervisorErrorKind.Unreachable : HypervisorErrorKind.Rejected, $"{what}: {e.Message}", e);

    /// <summary>What QEMU has written into its log: of a state that it does not like it says so there, and hangs up.</summary>
    private static string Said(MachineFolder folder)
    {
        var offset = PrivateFile.Read<ProcessRecord>(folder.ProcessRecord)?.LogOffset ?? 0;
        return QemuErrors.Quote(QemuLauncher.LogSince(folder, offset)) is { Length: > 0 } text ? $" ({text})" : "";
    }

    private static async Task CopyAsync(Stream from, Stream to, TimeProvider clock, CancellationToken cancellation)
    {
        var buffer = new byte[Chunk];
        while (await from.ReadAsync(buffer, cancellation).AsTask().WaitAsync(s_patience, clock, cancellation) is > 0 and var read)
            await to.WriteAsync(buffer.AsMemory(0, read), cancellation).AsTask().WaitAsync(s_patience, clock, cancellation);
    }

    private static async Task CompletedAsync(MachineFolder folder, QemuControl control, TimeProvider clock, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var answer = await control.AskAsync(folder, "query-migrate", null, QemuControl.Limit, cancellation);
            var status = (string?)answer?["status"];
            if (status == "completed") return;
            if (status is null or "none" or "failed" or "cancelled") throw new IOException($"QEMU says: {(string?)answer!["error-desc"] ?? status}");
            if (clock.GetElapsedTime(began) > s_patience) throw new TimeoutException($"QEMU says {status} for {s_patience.TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(2), clock, cancellation);
        }
    }
}
