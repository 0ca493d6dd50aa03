using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>A machine of the owner's that is called m, and Ann at a browser, who has a project of her own.</summary>
internal sealed class SharedScene : IAsyncDisposable
{
    private SharedScene(TestServer server, Machine machine, HttpClient ann, string owner) => (Server, Machine, Ann, Owner) = (server, machine, ann, owner);

    public TestServer Server { get; }
    public Machine Machine { get; }
    public HttpClient Ann { get; }
    public string Owner { get; }

    public static async Task<SharedScene> MakeAsync(TestServer server, ProjectRole? role)
    {
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny" });
        var ann = await server.SignUpAsync("ann");
        if (role is { } shared) (await server.Client.PutAsync($"machines/{machine.Id}/users/ann", new SetMachineUserRequest(shared))).EnsureSuccessStatusCode();
        return new SharedScene(server, machine, ann, (await server.Client.ReadAsync<Session>("session")).User);
    }

    /// <summary>Puts the image into Ann's project.</summary>
    public async Task GiveImageAsync()
    {
        await using var db = Server.Db();
        var ann = await db.Users.SingleAsync(u => u.Name == "ann");
        await db.Images.ExecuteUpdateAsync(s => s.SetProperty(i => i.ProjectId, ann.ProjectId!).SetProperty(i => i.OwnerId, ann.Id));
    }

    /// <summary>What the trail says of sharing, from the beginning on.</summary>
    public async Task<List<string>> ActionsAsync()
    {
        await using var db = Server.Db();
        return await db.AuditEntries.Where(e => e.Action == "machine.share" || e.Action == "machine.unshare" || e.Action == "machine.leave").OrderBy(e => e.Seq).Select(e => e.Action).ToListAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Ann.Dispose();
        await Server.DisposeAsync();
    }
}
