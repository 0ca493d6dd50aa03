using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Warren.Hypervisors.Guard;

/// <summary>
/// A driver, or one of its facets, whose every call goes through a <see cref="HostGuard"/>. Made from the interfaces
/// themselves, so that a new facet is guarded by being declared.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives from it.")]
internal class GuardProxy : DispatchProxy
{
    private static readonly MethodInfo s_run = typeof(GuardProxy).GetMethod(nameof(RunAsync), BindingFlags.NonPublic | BindingFlags.Instance)!;
    private static readonly ConcurrentDictionary<Type, MethodInfo> s_runners = new();
    private readonly ConcurrentDictionary<string, (object Facet, object Guarded)> _facets = new(StringComparer.Ordinal);
    private object _inner = null!;
    private HostGuard _guard = null!;
    private string _prefix = "";

    /// <summary>Puts a guard around a driver.</summary>
    internal static IHypervisor Around(IHypervisor inner, HostGuard guard) => (IHypervisor)(object)Around(typeof(IHypervisor), inner, guard, "");

    /// <summary>The driver itself, for another driver of its kind that moves a machine to it.</summary>
    internal static object? Unwrap(object? argument) => argument is GuardProxy proxy ? proxy._inner : argument;

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var method = targetMethod!;
        var arguments = args ?? [];
        if (method.IsSpecialName) return Property(method);
        var call = _prefix + (method.Name.EndsWith("Async", StringComparison.Ordinal) ? method.Name[..^5] : method.Name);
        for (var i = 0; i < arguments.Length; i++) arguments[i] = Unwrap(arguments[i]);
        var cancellation = arguments.OfType<CancellationToken>().LastOrDefault();
        if (method.ReturnType == typeof(Task)) return EndAsync(method, call, arguments, cancellation);
        if (method.ReturnType.IsGenericType && method.ReturnType.GetGenericTypeDefinition() == typeof(Task<>))
            return s_runners.GetOrAdd(method.ReturnType, type => s_run.MakeGenericMethod(type.GetGenericArguments())).Invoke(this, [method, call, arguments, cancellation]);
        if (method.ReturnType == typeof(IAsyncEnumerable<string>)) return WatchAsync(method, arguments, cancellation);
        throw new NotSupportedException($"{call} cannot be guarded: it returns {method.ReturnType}");
    }

    private static GuardProxy Around(Type type, object inner, HostGuard guard, string prefix)
    {
        var proxy = (GuardProxy)Create(type, typeof(GuardProxy));
        (proxy._inner, proxy._guard, proxy._prefix) = (inner, guard, prefix);
        return proxy;
    }

    /// <summary>A facet is wrapped once; what is no facet is given as it is.</summary>
    private object? Property(MethodInfo getter)
    {
        var value = getter.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, null, null);
        if (value is null || !getter.ReturnType.IsInterface) return value;
        var name = getter.Name["get_".Length..];
        if (_facets.TryGetValue(name, out var known) && ReferenceEquals(known.Facet, value)) return known.Guarded;
        var guarded = Around(getter.ReturnType, value, _guard, name + ".");
        _facets[name] = (value, guarded);
        return guarded;
    }

    private Task<T> RunAsync<T>(MethodInfo method, string call, object?[] arguments, CancellationToken cancellation)
        => _guard.RunAsync(call, arguments, token => (Task<T>)Call(method, arguments, token)!, cancellation);

    private Task<bool> EndAsync(MethodInfo method, string call, object?[] arguments, CancellationToken cancellation)
        => _guard.RunAsync(call, arguments, async token =>
        {
            await (Task)Call(method, arguments, token)!;
            return true;
        }, cancellation);

    private object? Call(MethodInfo method, object?[] arguments, CancellationToken token)
        => method.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, [.. arguments.Select(a => a is CancellationToken ? token : a)], null);

    /// <summary>A stream of news has no time limit: it ends when the connection does, when it is cancelled, or when the driver is replaced.</summary>
    private async IAsyncEnumerable<string> WatchAsync(MethodInfo method, object?[] arguments, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _guard.Retired);
        await using var news = ((IAsyncEnumerable<string>)Call(method, arguments, either.Token)!).GetAsyncEnumerator(either.Token);
        while (true)
        {
            try
            {
                if (!await news.MoveNextAsync()) yield break;
            }
            catch (Exception e) when (e is not HypervisorException && !cancellation.IsCancellationRequested)
            {
                throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the news of the host ended: {e.Message}", e);
            }

            yield return news.Current;
        }
    }
}
