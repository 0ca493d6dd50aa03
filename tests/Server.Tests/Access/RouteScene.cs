using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Consoles.Sharing;
using Warren.Server.Database;
using Warren.Server.Images.Golden;
using Warren.Server.Images.Uploads;
using Warren.Server.Pools;
using Warren.Server.Snapshots;
using Warren.Server.Templates;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>People of every sort, and one of everything that belongs to one of them.</summary>
internal sealed class RouteScene(TestServer server)
{
    public const string Owner = "olga";

    /// <summary>Who asks, by the columns of the table.</summary>
    public Dictionary<string, HttpClient> Callers { get; } = new(StringComparer.Ordinal) { ["nobody"] = server.Anonymous() };

    private readonly Dictionary<string, (string Id, UserRole Role, string Project)> _people = new(StringComparer.Ordinal);
    private UserRow _owner = null!;
    private string _image = "";

    public async Task PeopleAsync()
    {
        _owner = await UserAsync(Owner, UserRole.Member);
        await UserAsync("other", UserRole.Member);
        await UserAsync("administrator", UserRole.Administrator);
        await UserAsync("viewer", UserRole.Member);
        Callers["owner"] = Callers[Owner];
        await using var db = server.Db();
        // The viewer's token acts in the owner's project.
        var viewer = await db.Users.SingleAsync(u => u.Name == "viewer");
        db.ProjectMembers.Add(new ProjectMemberRow { ProjectId = _owner.ProjectId!, UserId = viewer.Id, Role = ProjectRole.Viewer });
        await db.SaveChangesAsync();
        await db.Tokens.Where(t => t.UserId == viewer.Id).ExecuteUpdateAsync(s => s.SetProperty(t => t.ProjectId, _owner.ProjectId!));
        _image = await server.AddImageAsync();
        await db.Images.ExecuteUpdateAsync(s => s.SetProperty(i => i.ProjectId, _owner.ProjectId!).SetProperty(i => i.OwnerId, _owner.Id));
    }

    /// <summary>One of everything; by the names of the routes' parameters.</summary>
    public async Task<Dictionary<string, string>> ThingsAsync(string set)
    {
        var launch = await Callers[Owner].MakeAsync<Operation>("machines", new LaunchRequest { Name = "m-" + set, Image = "tiny" });
        (await server.EndAsync(launch)).Status.ShouldBe(OperationStatus.Succeeded);
        var (machine, now) = (launch.SubjectId, server.Clock.GetUtcNow());
        var target = await UserAsync("target-" + set, UserRole.Member);
        await using var db = server.Db();
        var (user, project) = (_owner.Id, _owner.ProjectId!);
        string New() => Ids.New(server.Clock);
        var ids = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["machine"] = machine,
            ["image"] = await ImageAsync(db, set),
            ["name"] = "local",
            ["nativeName"] = "strange",
            ["network"] = "net0",
            ["storage"] = "pool0",
            ["port"] = "22",
            ["user"] = target.Name,
            ["project"] = project,
            ["operations/id"] = launch.Id,
            ["catalogue/name"] = "debian-12",
            ["token"] = (await db.Tokens.SingleAsync(t => t.UserId == target.Id)).Id,
        };
        foreach (var key in new[] { "snapshot", "goldenImage", "key", "template", "pool", "claim", "recording", "share", "session", "invitation", "identity", "tokens/id", "uploads/id" }) ids[key] = New();
        var row = await db.Machines.SingleAsync(m => m.Id == machine);
        db.Add(new SnapshotRow { Id = ids["snapshot"], MachineId = machine, Name = "s", OwnerId = user, ProjectId = project, CreatedAt = now });
        db.Add(new GoldenImageRow { Id = ids["goldenImage"], Name = "g-" + set, LineageVersion = 1, OwnerId = user, ProjectId = project, Host = "local", MachineId = machine, MachineName = row.Name, ImageName = "tiny", DevicesJson = row.DevicesJson, PublicKeysJson = "[]", CreatedAt = now });
        db.Add(new Warren.Server.Keys.KeyRow { Id = ids["key"], Name = "k-" + set, OwnerId = user, ProjectId = project, Algorithm = "ssh-ed25519", PublicKey = "ssh-ed25519 AAAA", Fingerprint = "x", CreatedAt = now });
        db.Add(new TemplateRow { Id = New(), Name = "t-" + set, OwnerId = user, ProjectId = project, Latest = 1, CreatedAt = now });
        var template = db.ChangeTracker.Entries<TemplateRow>().Single().Entity;
        db.Add(new TemplateVersionRow { TemplateId = template.Id, Number = 1, Yaml = $"name: t-{set}\nimage: tiny\n", CreatedAt = now });
        ids["template"] = template.Name;
        db.Add(new PoolRow { Id = ids["pool"], Name = "p-" + set, OwnerId = user, ProjectId = project, MachineJson = """{"image":"tiny"}""", Max = 1, LeaseSeconds = 60, LeaseMaximumSeconds = 60, CreatedAt = now });
        db.Add(new LeaseRow { Id = ids["claim"], PoolId = ids["pool"], PoolName = "p-" + set, MachineId = New(), MachineName = "gone", Host = "local", OwnerId = user, ProjectId = project, ClaimedAt = now, ExpiresAt = now.AddHours(1) });
        db.Add(new RecordingRow { Id = ids["recording"], MachineId = machine, MachineName = row.Name, OwnerId = user, ProjectId = project, State = RecordingState.Finished, StartedAt = now, EndedAt = now });
        db.Add(new ShareRow { Id = ids["share"], Hash = New(), MachineId = machine, OwnerId = user, ProjectId = project, UserId = user, UserProjectId = project, CreatedAt = now, ExpiresAt = now.AddDays(1) });
        db.Add(new SessionRow { Id = New(), Handle = ids["session"], UserId = user, ProjectId = project, Address = "", UserAgent = "", CreatedAt = now, LastUsedAt = now, ExpiresAt = now.AddDays(1) });
        db.Add(new InvitationRow { Id = ids["invitation"], Hash = New(), Role = UserRole.Member, UserId = user, CreatedAt = now, ExpiresAt = now.AddDays(1) });
        db.Add(new TokenRow { Id = ids["tokens/id"], Hash = New(), Name = "t", UserId = user, ProjectId = project, CreatedAt = now });
        db.Add(new UploadRow { Id = ids["uploads/id"], Name = "u-" + set, Length = 10, NotesJson = "{}", OwnerId = user, ProjectId = project, CreatedAt = now, UpdatedAt = now });
        db.Add(new ProjectMemberRow { ProjectId = project, UserId = target.Id, Role = ProjectRole.Member });
        await db.SaveChangesAsync();
        return ids;
    }

    private async Task<string> ImageAsync(WarrenDb db, string set)
    {
        var image = await db.Images.AsNoTracking().SingleAsync(i => i.Id == _image);
        (image.Id, image.Name, image.Sha256) = (Ids.New(server.Clock), "i-" + set, null);
        db.Images.Add(image);
        return image.Id;
    }

    private async Task<UserRow> UserAsync(string name, UserRole role)
    {
        var user = await server.Client.MakeAsync<User>("users", new CreateUserRequest { Name = name, Role = role });
        await using var db = server.Db();
        var row = await db.Users.SingleAsync(u => u.Id == user.Id);
        var secret = Secrets.TokenPrefix + Secrets.New();
        db.Tokens.Add(new TokenRow { Id = Ids.New(server.Clock), Hash = Secrets.Hash(secret), Name = "t", UserId = row.Id, ProjectId = row.ProjectId! });
        await db.SaveChangesAsync();
        Callers[name] = server.Bearer(secret);
        _people[name] = (row.Id, role, row.ProjectId!);
        return row;
    }

    /// <summary>Whoever was disabled, demoted or logged out since is what they were, with a new token.</summary>
    public async Task ReviveAsync()
    {
        await using var db = server.Db();
        // Nor does anything limit them that an administrator has set meanwhile.
        await db.Quotas.ExecuteDeleteAsync();
        await db.Hosts.ExecuteUpdateAsync(s => s.SetProperty(h => h.Draining, false).SetProperty(h => h.MachineLimit, (int?)null).SetProperty(h => h.ReservedMemoryMib, (int?)null));
        foreach (var name in new[] { "viewer", "other", Owner, "administrator" })
        {
            var (id, role, own) = _people[name];
            await db.Users.Where(u => u.Id == id).ExecuteUpdateAsync(s => s.SetProperty(u => u.DisabledAt, (DateTimeOffset?)null).SetProperty(u => u.Role, role));
            var secret = Secrets.TokenPrefix + Secrets.New();
            db.Tokens.Add(new TokenRow { Id = Ids.New(server.Clock), Hash = Secrets.Hash(secret), Name = "t", UserId = id, ProjectId = name == "viewer" ? _owner.ProjectId! : own });
            Callers[name] = server.Bearer(secret);
        }

        await db.SaveChangesAsync();
        Callers["owner"] = Callers[Owner];
    }
}
