using System.Net;
using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Networks;

/// <summary>Hands out ports of a host. A unique index decides races; a lost race is a fresh try of the caller's transaction.</summary>
internal sealed class PortAllocator(WarrenDb db, PortOptions options, TimeProvider clock)
{
    /// <summary>Adds rows for all wishes; the caller saves.</summary>
    /// <exception cref="RefusedException">A wished port is taken or out of range, or none is left.</exception>
    public async Task AllocateAsync(string host, string machineId, IReadOnlyList<ForwardRequest> wishes, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await db.ReleasedPorts.Where(p => p.Until <= now).ExecuteDeleteAsync(cancellation);
        var taken = (await db.PortForwards.Where(p => p.Host == host).Select(p => new { p.Protocol, p.HostPort }).ToListAsync(cancellation))
            .Select(p => (p.Protocol, p.HostPort)).ToHashSet();
        var resting = (await db.ReleasedPorts.Where(p => p.Host == host).Select(p => new { p.Protocol, p.HostPort }).ToListAsync(cancellation))
            .Select(p => (p.Protocol, p.HostPort)).ToHashSet();
        // The named ones first, so that a chosen one does not take their place.
        for (var i = 0; i < wishes.Count; i++)
            if (wishes[i].HostPort is { } wished) Add(host, machineId, wishes[i], Named(host, $"forwards[{i}].hostPort", wishes[i].Protocol, wished, taken), taken);
        foreach (var wish in wishes.Where(w => w.HostPort is null))
            Add(host, machineId, wish, Choose(host, wish.Protocol, taken, resting), taken);
    }

    private int Named(string host, string field, string protocol, int wished, HashSet<(string, int)> taken)
    {
        if (wished < options.First || wished > options.Last)
            throw new RefusedException(Problems.Validation(field, $"{options.First} to {options.Last}, the configured range"));
        if (taken.Contains((protocol, wished))) throw new RefusedException(Problems.Validation(field, $"{protocol} port {wished} is taken by another machine"));
        if (host == HostDirectory.Local && !IsFree(protocol, wished))
            throw new RefusedException(Problems.Validation(field, $"{protocol} port {wished} is taken by another program"));
        return wished;
    }

    private int Choose(string host, string protocol, HashSet<(string, int)> taken, HashSet<(string, int)> resting)
    {
        var count = options.Last - options.First + 1;
        // Beginning anywhere keeps launches that race in several replicas from all wanting the same port.
        var start = System.Security.Cryptography.RandomNumberGenerator.GetInt32(count);
        for (var i = 0; i < count; i++)
        {
            var port = options.First + ((start + i) % count);
            if (taken.Contains((protocol, port)) || resting.Contains((protocol, port))) continue;
            if (host != HostDirectory.Local || IsFree(protocol, port)) return port;
        }

        throw new RefusedException(Problems.Capacity(
            $"forwards: no free {protocol} port is left in {options.First}-{options.Last} on host '{host}'. Delete a machine or widen the range (Ports:First, Ports:Last)."));
    }

    private void Add(string host, string machineId, ForwardRequest wish, int port, HashSet<(string, int)> taken)
    {
        taken.Add((wish.Protocol, port));
        db.PortForwards.Add(new PortForwardRow
        {
            Id = Ids.New(clock),
            MachineId = machineId,
            Host = host,
            Protocol = wish.Protocol,
            HostAddress = options.Address,
            HostPort = port,
            GuestPort = wish.GuestPort,
        });
    }

    private bool IsFree(string protocol, int port)
    {
        using var socket = protocol == "udp"
            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As QEMU binds: connections of the last owner that are still closing do not count.
            if (protocol == "tcp") socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Parse(options.Address), port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
