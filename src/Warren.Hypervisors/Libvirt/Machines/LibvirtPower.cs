using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>Pause and continue.</summary>
internal sealed class LibvirtPower(HostLine line) : IPower
{
    /// <inheritdoc/>
    public Task PauseAsync(string machineId, CancellationToken cancellation) => line.ChangeAsync(connection =>
    {
        using var domain = Domains.RequireRunning(connection, machineId);
        if (Domains.State(domain.Handle).State != Domains.Paused) VirError.Check(LibVirt.DomainSuspend(domain.Handle));
    }, cancellation);

    /// <inheritdoc/>
    public Task ResumeAsync(string machineId, CancellationToken cancellation) => line.ChangeAsync(connection =>
    {
        using var domain = Domains.RequireRunning(connection, machineId);
        if (Domains.State(domain.Handle).State == Domains.Paused) VirError.Check(LibVirt.DomainResume(domain.Handle));
    }, cancellation);
}

/// <summary>Start with the host.</summary>
internal sealed class LibvirtAutostart(HostLine line) : IAutostart
{
    /// <inheritdoc/>
    public Task<bool> GetAsync(string machineId, CancellationToken cancellation) => line.LookAsync(connection =>
    {
        using var domain = Domains.Require(connection, machineId);
        VirError.Check(LibVirt.DomainGetAutostart(domain.Handle, out var on));
        return on != 0;
    }, cancellation);

    /// <inheritdoc/>
    public Task SetAsync(string machineId, bool on, CancellationToken cancellation) => line.ChangeAsync(connection =>
    {
        using var domain = Domains.Require(connection, machineId);
        VirError.Check(LibVirt.DomainSetAutostart(domain.Handle, on ? 1 : 0));
    }, cancellation);
}

/// <summary>Memory and CPUs are part of the description; the disk is a volume that must grow.</summary>
internal sealed class LibvirtResize(LibvirtOptions options, HostLine line, MachineVolumes volumes, MachineStart start) : IResize
{
    /// <inheritdoc/>
    public async Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, LibvirtKind.Kind);
        using var _ = await Gates.EnterAsync(options.Uri, definition.Id, cancellation);
        var seed = await line.ChangeAsync(connection =>
        {
            using var domain = Domains.Require(connection, definition.Id);
            if (domain.Mark.Adopted)
                throw new HypervisorException(HypervisorErrorKind.Unsupported, $"machine {definition.Id} was adopted: its description is kept as others made it");
            ManagedSave.Refuse(domain.Handle, definition.Id, "resized");
            if (Domains.IsActive(domain.Handle))
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {definition.Id} runs; stop it before it is resized");
            volumes.Grow(connection, definition);
            return domain.Mark.Seed;
        }, cancellation);
        // The seed is not written here: a new one that waits for the next start must still be seen to be new.
        await start.DefineAsync(definition, seed, cancellation);
    }
}
