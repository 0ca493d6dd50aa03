using Microsoft.AspNetCore.Http.HttpResults;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Keys;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>Routes for what not every host can do with a machine; where one cannot, the problem says why.</summary>
internal static class MachineVerbsApi
{
    public static void Map(RouteGroupBuilder machines)
    {
        machines.MapGet("/{machine}/agent", AskAgentAsync).WithName("askAgent").ProducesProblem(404).ProducesProblem(422)
            .WithSummary("Ask the agent in its guest whether it answers now; that is not use of the machine");
        machines.MapPost("/{machine}/pause", async (string machine, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken c)
                => new AcceptedOperation(await commands.PauseAsync(await MachinesApi.FindAsync(machine, db, caller, c), c)))
            .WithName("pauseMachine").ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).WithSummary("Halt its CPUs; its memory stays");
        machines.MapPost("/{machine}/resume", async (string machine, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken c)
                => new AcceptedOperation(await commands.ResumeAsync(await MachinesApi.FindAsync(machine, db, caller, c), c)))
            .WithName("resumeMachine").ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).WithSummary("Let its CPUs run again; a suspended machine goes on where it stood");
        machines.MapPost("/{machine}/suspend", async (string machine, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken c)
                => new AcceptedOperation(await commands.SuspendAsync(await MachinesApi.FindAsync(machine, db, caller, c), c)))
            .WithName("suspendMachine").ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Write its memory to disk and end it; a start goes on from there");
        machines.MapPost("/{machine}/autostart", async (string machine, AutostartRequest request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken c)
                => new AcceptedOperation(await commands.SetAutostartAsync(await MachinesApi.FindAsync(machine, db, caller, c), request.On, c)))
            .WithName("setAutostart").ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).WithSummary("Start it with its host, or not");
        machines.MapPost("/{machine}/migrate", async (string machine, MigrateRequest request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken c)
                => new AcceptedOperation(await commands.MigrateAsync(await MachinesApi.FindAsync(machine, db, caller, c), request.Host, c)))
            .WithName("migrateMachine").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Move a running machine to another host of the same kind");
        machines.MapPost("/{machine}/clone", async (string machine, CloneRequest? request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken c)
                => new AcceptedOperation(await commands.CloneAsync(await MachinesApi.FindAsync(machine, db, caller, c), request ?? new CloneRequest(), caller.UserId, c)))
            .WithName("cloneMachine").WithMetadata(Creates.Instance).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(429)
            .WithSummary("Make a new machine on the same host from the disks of a stopped one");
        machines.MapPost("/{machine}/fork", ForkAsync)
            .WithName("forkMachine").WithMetadata(Creates.Instance).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(429)
            .WithSummary("Make new machines on the same host that go on where a running one stands");
    }

    private static async Task<Ok<AgentAnswer>> AskAgentAsync(
        string machine, WarrenDb db, Caller caller, HostDirectory hosts, HostViews views, TimeProvider clock, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        if ((await hosts.DriverAsync(row.Host, cancellation)).Guest is not { } guest)
        {
            await views.DemandAsync(db, row.Host, "guest", "ask the agent in a guest", cancellation);
            return TypedResults.Ok(new AgentAnswer(false));
        }

        var asked = clock.GetTimestamp();
        var answers = await guest.PingAsync(row.Id, cancellation);
        return TypedResults.Ok(new AgentAnswer(answers, answers ? Math.Round(clock.GetElapsedTime(asked).TotalMilliseconds, 1) : null));
    }

    private static async Task<AcceptedOperation> ForkAsync(string machine, ForkRequest? request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var wanted = request ?? new ForkRequest();
        return new AcceptedOperation(await commands.ForkAsync(row, wanted, await PublicKeys.ResolveAsync(db, caller, wanted.Keys, cancellation), caller.UserId, cancellation));
    }
}
