using Warren.Server.Machines.Placing;
using Warren.Server.Machines.Sweeps;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;

namespace Warren.Server.Machines;

/// <summary>What the machines feature adds to the server.</summary>
internal static class MachinesRegistration
{
    public static void AddMachines(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(configuration.GetSection("Machines").Get<MachineOptions>() ?? new MachineOptions());
        services.AddSingleton<LaunchRules>();
        services.AddSingleton<ReadinessProbe>();
        services.AddScoped<LaunchCommand>();
        services.AddScoped<MachinePlacement>();
        services.AddScoped<MachineCommands>();
        services.AddScoped<MachineDefinitions>();
        services.AddSingleton<Workflow, LaunchMachine>();
        services.AddSingleton<Workflow, StartMachine>();
        services.AddSingleton<Workflow, StopMachine>();
        services.AddSingleton<Workflow, RestartMachine>();
        services.AddSingleton<Workflow, ResizeMachine>();
        services.AddSingleton<Workflow, InjectKeys>();
        services.AddSingleton<Workflow, DeleteMachine>();
        services.AddSingleton<Workflow, PauseMachine>();
        services.AddSingleton<Workflow, ResumeMachine>();
        services.AddSingleton<Workflow, SetAutostart>();
        services.AddSingleton<Workflow, MigrateMachine>();
        services.AddSingleton<Workflow, CloneMachine>();
        services.AddSingleton<Workflow, AdoptMachine>();
        services.AddHostedService<ObserveMachines>();
        services.AddHostedService<ExpireMachines>();
        services.AddHostedService<RemoveLeftovers>();
    }
}
