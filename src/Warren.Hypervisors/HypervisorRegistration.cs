using Warren.Hypervisors.Fake;
using Warren.Hypervisors.Qemu;

namespace Warren.Hypervisors;

/// <summary>What a host's driver is made from; each driver takes the part that is its own.</summary>
public sealed record HypervisorOptions
{
    /// <summary>For <c>qemu</c>.</summary>
    public QemuOptions? Qemu { get; init; }

    /// <summary>For <c>fake</c>.</summary>
    public FakeOptions? Fake { get; init; }

    /// <summary>The clock all waiting goes by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>The one list of drivers.</summary>
public static class HypervisorRegistration
{
    /// <summary>Kind to factory. Making a driver touches nothing; its first call does.</summary>
    public static IReadOnlyDictionary<string, Func<HypervisorOptions, IHypervisor>> Factories { get; } =
        new Dictionary<string, Func<HypervisorOptions, IHypervisor>>(StringComparer.Ordinal)
        {
            ["qemu"] = o => OperatingSystem.IsLinux()
                ? new QemuHypervisor(Required(o.Qemu, "qemu"), o.Clock)
                : throw new HypervisorException(HypervisorErrorKind.Unsupported, "the driver qemu runs on Linux only"),
            ["fake"] = o => new FakeHypervisor(o.Fake ?? new FakeOptions(), o.Clock),
        };

    /// <summary>Makes the driver of a kind.</summary>
    /// <exception cref="HypervisorException">Unsupported when there is no such driver or its options are missing.</exception>
    public static IHypervisor Create(string kind, HypervisorOptions options) =>
        Factories.TryGetValue(kind, out var make)
            ? make(options)
            : throw new HypervisorException(HypervisorErrorKind.Unsupported,
                $"there is no driver {kind}; known: {string.Join(", ", Factories.Keys)}");

    private static T Required<T>(T? options, string kind) where T : class =>
        options ?? throw new HypervisorException(HypervisorErrorKind.Unsupported, $"the driver {kind} needs its options");
}
