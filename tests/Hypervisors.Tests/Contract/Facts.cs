using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>What a driver's tests say of their host. The first three must be said, the others where they differ.</summary>
public abstract partial class HypervisorContract
{
    /// <summary>A fresh driver on the one host of this test, as after a restart of the server.</summary>
    protected abstract IHypervisor NewDriver();

    /// <summary>Fails when anything of a deleted machine is left.</summary>
    protected abstract void NothingIsLeft();

    /// <summary>The image machines boot from; where there is a guest facet, its guest has an agent, <c>/bin/echo</c> and <c>/bin/cat</c>.</summary>
    protected abstract BootMedium Image { get; }

    /// <summary>Every definition of the suite passes through here: for options that the driver insists on.</summary>
    protected virtual MachineDefinition Adapt(MachineDefinition definition) => definition;

    /// <summary>Time for a boot under TCG on a machine that is busy with other tests.</summary>
    protected virtual int SecondsToBoot => 240;

    /// <summary>Why ports of the host cannot lead into a guest here, or null where they can.</summary>
    protected virtual string? NoForwards => null;

    /// <summary>False where what leads to a guest accepts for everybody, so that a late refusal looks like a guest that hangs up.</summary>
    protected virtual bool RefusalsAreSure => true;

    /// <summary>Connects to a port of the host from another process, until what is returned is disposed of.</summary>
    /// <param name="machine">The machine that the port leads to.</param>
    /// <param name="port">A port of 127.0.0.1.</param>
    protected virtual IAsyncDisposable Connect(MachineDefinition machine, int port) => new Outsider(port);

    /// <summary>Writes a word on the disk of a machine that is off, to tell one content from another: here in a file of its guest.</summary>
    protected virtual async Task MarkAsync(MachineDefinition machine, string word)
    {
        await StartWithAgentAsync(machine);
        await Driver.Guest!.WriteFileAsync(machine.Id, "/root/mark", Encoding.UTF8.GetBytes(word), Cancellation);
        await Driver.KillAsync(machine.Id, Cancellation);
    }

    /// <summary>The word on the disk of a machine that is off; null when there is none.</summary>
    protected virtual async Task<string?> MarkOfAsync(MachineDefinition machine)
    {
        await StartWithAgentAsync(machine);
        var bytes = await Driver.Guest!.ReadFileAsync(machine.Id, "/root/mark", 64, Cancellation);
        await Driver.KillAsync(machine.Id, Cancellation);
        return bytes is null ? null : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A driver whose engine cannot be reached: a wrong socket, a wrong address. Null where there is no engine that could be away.</summary>
    protected virtual IHypervisor? NewUnreachableDriver() => null;

    /// <summary>A driver whose program is not installed, or null where it starts none.</summary>
    protected virtual IHypervisor? NewDriverWithoutItsProgram() => null;

    /// <summary>Another, empty host of the same kind that machines can move to, or null. The same at each call within a test.</summary>
    protected virtual IHypervisor? OtherHost() => null;

    /// <summary>Makes a running machine on the host that is not ours, or null where strangers cannot be had.</summary>
    protected virtual Task<Stranger?> MakeStrangerAsync() => Task.FromResult<Stranger?>(null);

    /// <summary>A network that can be made on the host, in a range that is free there.</summary>
    protected virtual HostNetwork FreeNetwork => new("warren-test", NetworkMode.Isolated) { Range = "192.168.231.0/24" };

    /// <summary>Guests have addresses that the host can tell on networks of its own only, not on the default one.</summary>
    protected virtual bool AddressesOnNetworksOnly => false;

    /// <summary>Why networks cannot be made on this host, or null where they can.</summary>
    protected virtual string? NoNewNetworks => null;

    /// <summary>Why guests here have no addresses that could be told, or null where they have.</summary>
    protected virtual string? NoAddresses => null;

    /// <summary>A folder of the host that can become a pool; it need not exist. The same at each call within a test.</summary>
    protected virtual string PoolFolder => _poolFolder ??= Path.Combine(Path.GetTempPath(), "warren-pool-" + Guid.NewGuid().ToString("n"));

    private string? _poolFolder;
}

/// <summary>A machine that somebody else runs on the host.</summary>
/// <param name="NativeName">Its name as the driver lists it.</param>
/// <param name="IsUntouched">Whether it still runs as it was made.</param>
/// <param name="RemoveAsync">Removes it, as its owner would; also when it has been adopted.</param>
public sealed record Stranger(string NativeName, Func<Task<bool>> IsUntouched, Func<Task> RemoveAsync);
