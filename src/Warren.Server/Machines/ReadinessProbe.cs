using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;

namespace Warren.Server.Machines;

/// <summary>Looks how far a running guest has come: asks the agent, greets the SSH server, reads cloud-init's own result.</summary>
internal sealed partial class ReadinessProbe(IDbContextFactory<WarrenDb> databases, HostDirectory hosts, TimeProvider clock)
{
    /// <summary>Written by cloud-init when it has finished (cloud-init documentation, "boot status").</summary>
    private const string ResultFile = "/run/cloud-init/result.json";

    private const string StatusFile = "/run/cloud-init/status.json";
    private const int LogTail = 64 * 1024;
    private static readonly TimeSpan GreetingTime = TimeSpan.FromMilliseconds(800);

    /// <summary>For a guest that has been at it for <see cref="SlowAfter"/>: each connection that is given up costs it a process that it has begun, and it would never come to greet.</summary>
    private static readonly TimeSpan SlowGreetingTime = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(60);

    /// <summary>Each look at an installation costs some short connections.</summary>
    private static readonly TimeSpan InstallationLook = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _installations = new(StringComparer.Ordinal);

    public async Task<Readiness> LookAsync(MachineRow machine, MachineObservation seen, CancellationToken cancellation)
    {
        var driver = await hosts.DriverAsync(machine.Host, cancellation);
        var ladder = Ladder.Climb(machine.Readiness, ReadinessRung.Process, clock.GetUtcNow());
        if (seen.FirmwareRan) ladder = Ladder.Climb(ladder, ReadinessRung.Firmware, clock.GetUtcNow());
        if (ladder.Has(ReadinessRung.RemoteDesktop) || (ladder.Has(ReadinessRung.CloudInit) && ladder.Has(ReadinessRung.Ssh))) return ladder;
        if (driver.Installation is { } installation) ladder = await InstallationAsync(installation, machine.Id, ladder, cancellation);
        var agent = driver.Guest is not null && await driver.Guest.PingAsync(machine.Id, cancellation);
        if (agent) ladder = Ladder.Climb(ladder, ReadinessRung.Agent, clock.GetUtcNow());
        if (!ladder.Has(ReadinessRung.Ssh) && await GreetsAsync(machine, IsSlow(ladder) ? SlowGreetingTime : GreetingTime, cancellation))
            ladder = Ladder.Climb(ladder, ReadinessRung.Ssh, clock.GetUtcNow());
        var (status, detail) = agent
            ? await ByAgentAsync(driver.Guest!, machine.Id, cancellation)
            : await ByLogAsync(driver, machine.Id, cancellation);
        if (status == CloudInitStatus.Unknown) return ladder;
        ladder = ladder with { CloudInit = status, Detail = detail };
        if (agent && status == CloudInitStatus.Error && ladder.Log.Count == 0) ladder = ladder with { Log = await CloudInitLog.TailAsync(driver.Guest!, machine.Id, cancellation) };
        return status is CloudInitStatus.Done or CloudInitStatus.Error ? Ladder.Climb(ladder, ReadinessRung.CloudInit, clock.GetUtcNow()) : ladder;
    }

    /// <summary>A machine that installs its guest by itself: what it says of that, and whether the guest's remote desktop answers.</summary>
    private async Task<Readiness> InstallationAsync(IInstallation installation, string machineId, Readiness ladder, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (_installations.TryGetValue(machineId, out var last) && now - last < InstallationLook) return ladder;
        foreach (var old in _installations.Where(i => now - i.Value > TimeSpan.FromHours(1))) _installations.TryRemove(old.Key, out _);
        _installations[machineId] = now;
        try
        {
            var progress = await installation.LookAsync(machineId, cancellation);
            if (!progress.RemoteDesktop) return ladder with { Detail = progress.Step };
            return Ladder.Climb(ladder with { Detail = null, RemoteDesktop = progress.RemoteDesktopAddress }, ReadinessRung.RemoteDesktop, now);
        }
        catch (HypervisorException)
        {
            return ladder;
        }
    }

    private bool IsSlow(Readiness ladder) => ladder.Reached.FirstOrDefault(r => r.Rung == ReadinessRung.Process) is { } began && clock.GetUtcNow() - began.At > SlowAfter;

    /// <summary>The user-mode network accepts a connection before the guest does, so only the greeting counts (RFC 4253, 4.2).</summary>
    private async Task<bool> GreetsAsync(MachineRow machine, TimeSpan patience, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var forward = await db.PortForwards.AsNoTracking().Where(f => f.MachineId == machine.Id && f.Host == machine.Host && f.Protocol == "tcp" && f.GuestPort == MachineViews.SshPort)
            .FirstOrDefaultAsync(cancellation);
        var (address, port) = (forward?.HostAddress ?? machine.Addresses.FirstOrDefault(), forward?.HostPort ?? MachineViews.SshPort);
        if (address is null) return false;
        using var limit = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address, port, either.Token);
            var greeting = new byte[4];
            await client.GetStream().ReadExactlyAsync(greeting, either.Token);
            return greeting.AsSpan().SequenceEqual("SSH-"u8);
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }

    private static async Task<(CloudInitStatus, string?)> ByAgentAsync(IGuest guest, string machineId, CancellationToken cancellation)
    {
        try
        {
            if (await guest.ReadFileAsync(machineId, ResultFile, LogTail, cancellation) is { } result) return ReadResult(result);
            return await guest.ReadFileAsync(machineId, StatusFile, LogTail, cancellation) is null
                ? (CloudInitStatus.Unknown, null)
                : (CloudInitStatus.Running, null);
        }
        catch (HypervisorException)
        {
            return (CloudInitStatus.Unknown, null);
        }
    }

    /// <summary>result.json: <c>{"v1": {"datasource": "…", "errors": […]}}</c>.</summary>
    internal static (CloudInitStatus, string?) ReadResult(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var errors = document.RootElement.GetProperty("v1").GetProperty("errors").EnumerateArray().Select(e => e.ToString()).ToList();
            return errors.Count == 0 ? (CloudInitStatus.Done, null) : (CloudInitStatus.Error, string.Join("; ", errors));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Half written; the next look reads it whole.
            return (CloudInitStatus.Running, null);
        }
    }

    /// <summary>For guests without an agent: cloud-init's last line on the console (module "final message").</summary>
    private static async Task<(CloudInitStatus, string?)> ByLogAsync(IHypervisor driver, string machineId, CancellationToken cancellation)
    {
        if (driver.Serial is null) return (CloudInitStatus.Unknown, null);
        await using var log = await driver.Serial.OpenLogAsync(machineId, cancellation);
        // Over a network it cannot be measured; then its beginning has to do.
        if (log.CanSeek && log.Length > LogTail) log.Seek(-LogTail, SeekOrigin.End);
        using var reader = new StreamReader(log, Encoding.UTF8);
        return FinalMessage().IsMatch(await reader.ReadToEndAsync(cancellation)) ? (CloudInitStatus.Done, null) : (CloudInitStatus.Unknown, null);
    }

    [GeneratedRegex(@"Cloud-init v\. \S+ finished at ", RegexOptions.NonBacktracking)]
    private static partial Regex FinalMessage();
}
