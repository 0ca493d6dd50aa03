using Microsoft.EntityFrameworkCore;
using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Makes the owner, the first project and the command line's token, once.</summary>
internal sealed class FirstStart(WarrenDb db, LoginLinks links, DataFolder data, ServerAddress address, CommandLineToken own, TimeProvider clock)
{
    /// <summary>Name of the first project.</summary>
    public const string Project = "default";

    /// <summary>Each machine that serves has a token of its own: replicas do not end each other's.</summary>
    private static readonly string s_cliToken = $"command line on {Environment.MachineName}";

    /// <summary>Makes what is missing; safe to repeat after a kill half-way.</summary>
    /// <returns>A one-time login link on the very first start, else null.</returns>
    public async Task<LoginLink?> RunAsync(CancellationToken cancellation)
    {
        var (owner, project, first) = await db.TransactAsync(() => EnsureOwnerAsync(cancellation), cancellation);
        await WriteClientFileAsync(owner, project, cancellation);
        return first ? await links.CreateAsync(owner.Id, SessionBegin.Link, cancellation) : null;
    }

    private async Task<(UserRow Owner, ProjectRow Project, bool IsFirst)> EnsureOwnerAsync(CancellationToken cancellation)
    {
        // Replicas that begin together on an empty database take turns.
        await db.LockEventsAsync(cancellation);
        var owner = await db.Users.FirstOrDefaultAsync(u => u.Role == UserRole.Owner, cancellation);
        var project = await db.Projects.FirstOrDefaultAsync(p => p.Name == Project, cancellation);
        if (owner is not null && project is not null) return (owner, project, false);
        var now = clock.GetUtcNow();
        project = new ProjectRow { Id = Ids.New(clock), Name = Project, CreatedAt = now };
        owner = new UserRow { Id = Ids.New(clock), Name = "owner", Role = UserRole.Owner, ProjectId = project.Id, CreatedAt = now };
        db.AddRange(owner, project, new ProjectMemberRow { ProjectId = project.Id, UserId = owner.Id, Role = ProjectRole.Administrator, CreatedAt = now });
        await db.SaveChangesAsync(cancellation);
        return (owner, project, true);
    }

    /// <summary>The file by which the command line on this machine finds the server: whoever can read it is the owner here anyway.</summary>
    private async Task WriteClientFileAsync(UserRow owner, ProjectRow project, CancellationToken cancellation)
    {
        var known = await ReadClientFileAsync(cancellation);
        var hash = known is null ? null : Secrets.Hash(known.Token);
        own.Id = hash is null ? null : await db.Tokens.Where(t => t.Hash == hash).Select(t => t.Id).SingleOrDefaultAsync(cancellation);
        if (own.Id is null)
        {
            var secret = Secrets.TokenPrefix + Secrets.New();
            await db.Tokens.Where(t => t.Name == s_cliToken && t.UserId == owner.Id).ExecuteDeleteAsync(cancellation);
            var id = Ids.New(clock);
            db.Tokens.Add(new TokenRow
            {
                Id = id,
                Hash = Secrets.Hash(secret),
                Name = s_cliToken,
                UserId = owner.Id,
                ProjectId = project.Id,
                CreatedAt = clock.GetUtcNow(),
            });
            await db.SaveChangesAsync(cancellation);
            known = new ClientFile(address.Url, secret);
            own.Id = id;
        }

        await data.WritePrivateAsync("client.json", JsonSerializer.SerializeToUtf8Bytes(known! with { Url = address.Url }, WarrenJson.Options), cancellation);
    }

    private async Task<ClientFile?> ReadClientFileAsync(CancellationToken cancellation)
    {
        try
        {
            await using var file = File.OpenRead(data.Combine("client.json"));
            return await JsonSerializer.DeserializeAsync<ClientFile>(file, WarrenJson.Options, cancellation);
        }
        catch (Exception e) when (e is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    private sealed record ClientFile(string Url, string Token);
}
