using EndToEnd.Tests.Running;
using Warren.Contracts;

namespace EndToEnd.Tests.Crashes;

/// <summary>What tests that kill the server at the boundaries of steps have in common.</summary>
public abstract class CrashBed : IAsyncLifetime
{
    /// <summary>A dead server's claim on an operation runs out after this; the default would make each of these tests wait for it.</summary>
    internal const string ShortLease = "--Operations:LeaseSeconds=3";

    internal TestBed Bed { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Bed = await TestBed.CreateAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Bed.DisposeAsync();
    }

    internal static string KillAt(string boundary) => $"--Operations:KillAt={boundary}";

    /// <summary>Asks; the server may die between its commit and its answer.</summary>
    internal static async Task AskAsync(Func<Task<Operation>> ask)
    {
        try
        {
            await ask();
        }
        catch (WarrenUnreachableException)
        {
            // What was asked for is looked up at the next server.
        }
    }

    /// <summary>Asks a server for something that it dies of, has the next ones die at the other boundaries, and lets one bring it to its end.</summary>
    internal async Task SurvivesAsync(string kind, string subject, IReadOnlyList<string> boundaries, Func<Task<Operation>> ask)
    {
        await Bed.StartAsync(ShortLease, KillAt(boundaries[0]));
        await AskAsync(ask);
        await Bed.Server.DiesAsync();
        foreach (var boundary in boundaries.Skip(1)) await Bed.RunToDeathAsync(ShortLease, KillAt(boundary));
        await Bed.StartAsync(ShortLease);
        await ShouldEndAsync(kind, subject, OperationStatus.Succeeded);
    }

    internal async Task<Operation> FindAsync(string kind, string subject) =>
        (await Bed.Client.ListOperationsAsync().ToListAsync()).First(o => o.Kind == kind && o.SubjectName == subject);

    internal async Task ShouldEndAsync(string kind, string subject, OperationStatus status)
    {
        var ended = await Bed.Client.WaitForOperationAsync((await FindAsync(kind, subject)).Id);
        ended.Status.ShouldBe(status, ended.Problem?.Detail);
    }
}
