using Warren.Server.Machines.Placing;
using Warren.Server.Machines.Sweeps;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;
using Warren.Server.Snapshots.Workflows;

namespace Warren.Server.Machines;

/// <summary>What the machines feature adds to the server.</summary>
internal static class MachinesRegistration
{
    public static void AddMachines(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(MachineOptions.Read(configuration));
        services.AddSingleton<LaunchRules>();
        services.AddSingleton<ReadinessProbe>();
        services.AddSingleton<MachineUse>();
        services.AddScoped<LaunchCommand>();
        services.AddScoped<GoldenLaunch>();
        services.AddScoped<MachinePlacement>();
        services.AddScoped<MachineCommands>();
        services.AddScoped<MachineDefinitions>();
        services.AddSingleton<Workflow, LaunchMachine>();
        services.AddSingleton<Workflow, LaunchGolden>();
        services.AddSingleton<Workflow, ForkMachine>();
        services.AddSingleton<Workflow, StartMachine>();
        services.AddSingleton<Workflow, StopMachine>();
        services.AddSingleton<Workflow, RestartMachine>();
        services.AddSingleton<Workflow, ResizeMachine>();
        services.AddSingleton<Workflow, InjectKeys>();
        services.AddSingleton<Workflow, DeleteMachine>();
        services.AddSingleton<Workflow, PauseMachine>();
        services.AddSingleton<Workflow, ResumeMachine>();
        services.AddSingleton<Workflow, SuspendMachine>();
        services.AddSingleton<Workflow, SetAutostart>();
        services.AddSingleton<Workflow, MigrateMachine>();
        services.AddSingleton<Workflow, CloneMachine>();
        services.AddSingleton<Workflow, AdoptMachine>();
        services.AddSingleton<Workflow, TakeSnapshot>();
        services.AddSingleton<Workflow, RestoreSnapshot>();
        services.AddSingleton<Workflow, DeleteSnapshot>();
        services.AddHostedService<ObserveMachines>();
        services.AddHostedService<ExpireMachines>();
        services.AddHostedService<EndIdleMachines>();
        services.AddHostedService<StartWithHost>();
        services.AddHostedService<RemoveLeftovers>();
    }
}
