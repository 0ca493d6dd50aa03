using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Makes users, each with a project of their own, and says who may manage whom.</summary>
internal sealed class Accounts(WarrenDb db, Caller caller, TimeProvider clock)
{
    private const int LongestEmail = 254;

    /// <summary>Whether a text is an address, and nothing besides.</summary>
    public static bool IsEmail(string text) => text.Length <= LongestEmail && System.Net.Mail.MailAddress.TryCreate(text, out var parsed) && parsed.Address == text;

    /// <summary>Adds a user to the present transaction, or saves them by itself.</summary>
    /// <exception cref="RefusedException">The name or address is taken, or not allowed.</exception>
    public async Task<UserRow> AddAsync(string name, UserKind kind, UserRole role, string? email, Check check, CancellationToken cancellation)
    {
        email = string.IsNullOrWhiteSpace(email) ? null : email.Trim();
        check.That(Names.IsHostLabel(name), "name", Names.HostLabelRule);
        check.That(email is null || IsEmail(email), "email", "an address like name@example.org");
        check.Throw();
        if (await db.Users.AnyAsync(u => u.Name == name, cancellation)) throw new RefusedException(Problems.NameTaken(name));
        if (email is not null && await db.Users.AnyAsync(u => u.Email == email, cancellation)) throw new RefusedException(Problems.Validation("email", "an address that nobody uses here"));
        var now = clock.GetUtcNow();
        var project = new ProjectRow { Id = Ids.New(clock), Name = await FreeNameAsync(name, cancellation), CreatedAt = now };
        var user = new UserRow { Id = Ids.New(clock), Name = name, Kind = kind, Role = role, Email = email, ProjectId = project.Id, CreatedAt = now };
        db.AddRange(project, user, new ProjectMemberRow { ProjectId = project.Id, UserId = user.Id, Role = ProjectRole.Administrator, CreatedAt = now });
        await db.SaveChangesAsync(cancellation);
        return user;
    }

    /// <summary>A user, by id or name.</summary>
    public async Task<UserRow> FindAsync(string user, CancellationToken cancellation)
        => caller.Saw(await db.Users.FirstOrDefaultAsync(u => u.Id == user || u.Name == user, cancellation) ?? throw new RefusedException(Problems.NotFound($"There is no user '{user}'.")));

    /// <summary>Administrators manage users; who is owner or administrator is managed by the owner.</summary>
    public static void DemandMayManage(Caller caller, UserRow user)
    {
        if (user.IsAdministrator && user.Id != caller.UserId) caller.DemandOwner("manage administrators");
    }

    /// <summary>The same of a role that somebody is to get.</summary>
    public static void DemandMayGive(Caller caller, UserRole role)
    {
        if (role is UserRole.Owner or UserRole.Administrator) caller.DemandOwner("make administrators");
    }

    public static User View(UserRow user) => new()
    {
        Id = user.Id,
        Name = user.Name,
        Kind = user.Kind,
        Role = user.Role,
        Email = user.Email,
        SecondFactor = user.SecondFactor is not null,
        Disabled = user.DisabledAt is not null,
        CreatedAt = user.CreatedAt,
    };

    private async Task<string> FreeNameAsync(string name, CancellationToken cancellation)
    {
        var taken = (await db.Projects.Where(p => p.Name.StartsWith(name)).Select(p => p.Name).ToListAsync(cancellation)).ToHashSet(StringComparer.Ordinal);
        return Names.Free(name, taken);
    }
}
