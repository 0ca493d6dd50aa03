namespace Warren.Hypervisors.Libvirt.Moves;
internal sealed class LibvirtMigration(LibvirtHypervisor source, TimeProvider clock) : IMigration
{
    public Task MigrateAsync(MachineDefinition definition, IHypervisor destination, IProgress<double> progress, CancellationToken cancellation) => throw new NotSupportedException(source.Kind + clock);
}
