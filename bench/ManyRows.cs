using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Bench;

/// <summary>Stopped machines as a busy server leaves them: each with a port and three ended operations; saving makes their events.</summary>
internal static class ManyRows
{
    private const int Batch = 500;

    public static async Task InsertAsync(ServerUnderTest server, int machines)
    {
        string owner, project;
        await using (var db = server.Db()) (owner, project) = ((await db.Users.SingleAsync()).Id, (await db.Projects.SingleAsync()).Id);
        for (var done = 0; done < machines; done += Batch)
        {
            await using var db = server.Db();
            for (var i = done; i < Math.Min(machines, done + Batch); i++) Add(db, server.Get<TimeProvider>(), i, owner, project);
            await db.SaveChangesAsync();
        }
    }

    private static void Add(WarrenDb db, TimeProvider clock, int i, string owner, string project)
    {
        var machine = new MachineRow
        {
            Id = Ids.New(clock),
            Name = $"bench-{i}",
            OwnerId = owner,
            ProjectId = project,
            Host = "local",
            ImageName = "tiny",
            MemoryMib = 1024,
            Cpus = 2,
            DiskGib = 10,
            DevicesJson = "{}",
            MacAddress = MacAddresses.New(),
            PublicKeysJson = "[]",
            SeedGeneration = 1,
            ReadinessJson = "{}",
            CreatedAt = clock.GetUtcNow(),
        };
        machine.MoveTo(MachineState.Stopped);
        db.Machines.Add(machine);
        db.PortForwards.Add(new PortForwardRow
        {
            Id = Ids.New(clock),
            MachineId = machine.Id,
            Host = "local",
            Protocol = "tcp",
            HostAddress = "127.0.0.1",
            HostPort = 22000 + i,
            GuestPort = MachineViews.SshPort,
        });
        foreach (var kind in new[] { "machine.launch", "machine.restart", "machine.stop" })
        {
            var operation = new OperationRow
            {
                Id = Ids.New(clock),
                Kind = kind,
                SubjectKind = "machine",
                SubjectId = machine.Id,
                SubjectName = machine.Name,
                OwnerId = owner,
                ProjectId = project,
                Step = "confirm",
                RunAt = clock.GetUtcNow(),
                CreatedAt = clock.GetUtcNow(),
                Deadline = clock.GetUtcNow().AddHours(1),
            };
            OperationQueue.End(operation, OperationStatus.Succeeded, null, clock);
            db.Operations.Add(operation);
        }
    }
}
