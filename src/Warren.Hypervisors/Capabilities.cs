using System.Reflection;
using System.Text.Json;

namespace Warren.Hypervisors;

/// <summary>
/// The capability matrix: what a driver has facets for, less what the last probe found missing on that host. Computed from
/// <see cref="IHypervisor"/> itself, so that a new facet is in it by being declared.
/// </summary>
public static class Capabilities
{
    private static readonly (string Name, PropertyInfo Property)[] s_facets =
        [.. typeof(IHypervisor).GetProperties().Where(p => p.PropertyType.IsInterface)
            .Select(p => (JsonNamingPolicy.CamelCase.ConvertName(p.Name), p))];

    /// <summary>Every capability there is, in the order of the contract: <c>screen</c>, <c>serial</c>, <c>guest</c>, …</summary>
    public static IReadOnlyList<string> All { get; } = [.. s_facets.Select(f => f.Name)];

    /// <summary>What a driver can do on its host.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="probe">The host's last probe, or null before the first.</param>
    /// <returns>Capability to null when it is there, else to the reason why not.</returns>
    public static IReadOnlyDictionary<string, string?> Of(IHypervisor driver, HostProbe? probe) => s_facets.ToDictionary(
        f => f.Name,
        f => f.Property.GetValue(driver) is null ? $"the driver {driver.Kind} cannot do this"
            : probe is not null && probe.Missing.TryGetValue(f.Name, out var reason) ? reason : null,
        StringComparer.Ordinal);
}
