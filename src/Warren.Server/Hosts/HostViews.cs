using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors;

namespace Warren.Server.Hosts;

/// <summary>Hosts as the API shows them.</summary>
internal static class HostViews
{
    public static HostProbe? Probe(HostRow row)
        => row.ProbeJson is null ? null : JsonSerializer.Deserialize<HostProbe>(row.ProbeJson, WarrenJson.Options);

    public static Contracts.Host View(HostRow row, IHypervisor driver, HostAdmission admission, long usedMiB)
    {
        var probe = Probe(row);
        return new Contracts.Host
        {
            Name = row.Name,
            Hypervisor = row.Hypervisor,
            Usable = probe is { Problems.Count: 0 },
            Version = probe?.Version,
            Accelerator = probe?.Accelerator,
            AcceleratorReason = probe?.AcceleratorReason,
            MemoryMiB = probe is null ? 0 : admission.UsableMiB(probe),
            MemoryUsedMiB = usedMiB,
            Cpus = probe?.Capacity.Cpus ?? 0,
            DiskFreeGiB = probe?.Capacity.DiskFreeGiB ?? 0,
            Capabilities = [.. Capabilities.Of(driver, probe).Where(c => c.Value is null).Select(c => c.Key)],
            Facts = probe?.Facts ?? new Dictionary<string, string>(StringComparer.Ordinal),
            Problems = probe?.Problems ?? ["It has not been probed yet."],
            ForeignMachines = row.ForeignJson is null ? [] : JsonSerializer.Deserialize<List<string>>(row.ForeignJson, WarrenJson.Options)!,
            ProbedAt = row.ProbedAt,
        };
    }
}
