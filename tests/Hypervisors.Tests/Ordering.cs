using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(Hypervisors.Tests.LongestFirst))]

namespace Hypervisors.Tests;

/// <summary>Collections that take minutes begin first: one that begins last would leave the other processors idle.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] s_long = ["docker", "Qemu10Contract", "LibvirtSessionContract", "libvirt", "QemuContract", "AddAHypervisor"];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(c => Array.FindIndex(s_long, n => c.TestCollectionDisplayName.Contains(n, StringComparison.Ordinal)) is >= 0 and var at ? at : s_long.Length)];
}
