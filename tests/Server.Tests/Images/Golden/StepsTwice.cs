using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Warren.Server.Operations;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images.Golden;

/// <summary>Loses what each step has decided, the first time: the step's work is done, and is done again.</summary>
internal sealed class StepsTwice : IStepBoundary
{
    private const int Lease = 2;

    private readonly ConcurrentDictionary<string, bool> _lost = new(StringComparer.Ordinal);

    /// <summary>The server's clock, once workers are to die: each one's lease runs out at once. Null: nobody dies.</summary>
    public ManualClock? Clock { get; set; }

    /// <summary>Steps that were run twice, <c>kind:step</c>.</summary>
    public ICollection<string> Steps => _lost.Keys;

    /// <summary>In the place of the ordinary boundary, with leases that run out soon.</summary>
    public void Add(IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<IStepBoundary>(this));
        services.Replace(ServiceDescriptor.Singleton(new OperationOptions { LeaseSeconds = Lease }));
    }

    public void Reached(string kind, string step, bool after)
    {
        if (Clock is null || !after || !_lost.TryAdd($"{kind}:{step}", true)) return;
        Clock.Advance(TimeSpan.FromSeconds(Lease + 1));
        throw new InvalidOperationException("planned: the worker dies here");
    }
}
