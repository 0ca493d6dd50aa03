using Microsoft.EntityFrameworkCore;
using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Makes the owner, the first project and the command line's token, once.</summary>
internal sealed class FirstStart(WarrenDb db, LoginLinks links, DataFolder data, ServerAddress address, TimeProvider clock)
{
    /// <summary>Name of the first project.</summary>
    public const string Project = "default";

    private const string CliToken = "command line";

    /// <summary>Makes what is missing; safe to repeat after a kill half-way.</summary>
    /// <returns>A one-time login link on the very first start, else null.</returns>
    public async Task<LoginLink?> RunAsync(CancellationToken cancellation)
    {
        var owner = await db.Users.FirstOrDefaultAsync(u => u.Role == "owner", cancellation);
        var project = await db.Projects.FirstOrDefaultAsync(p => p.Name == Project, cancellation);
        var first = owner is null || project is null;
        if (first)
        {
            owner = new UserRow { Id = Ids.New(clock), Name = "owner", Role = "owner", CreatedAt = clock.GetUtcNow() };
            project = new ProjectRow { Id = Ids.New(clock), Name = Project, CreatedAt = clock.GetUtcNow() };
            db.AddRange(owner, project);
            await db.SaveChangesAsync(cancellation);
        }

        await WriteClientFileAsync(owner!, project!, cancellation);
        return first ? await links.CreateAsync(owner!.Id, cancellation) : null;
    }

    /// <summary>The file by which the command line on this machine finds the server: whoever can read it is the owner here anyway.</summary>
    private async Task WriteClientFileAsync(UserRow owner, ProjectRow project, CancellationToken cancellation)
    {
        var known = await ReadClientFileAsync(cancellation);
        var hash = known is null ? null : Secrets.Hash(known.Token);
        if (hash is null || !await db.Tokens.AnyAsync(t => t.Hash == hash, cancellation))
        {
            var secret = Secrets.TokenPrefix + Secrets.New();
            await db.Tokens.Where(t => t.Name == CliToken && t.UserId == owner.Id).ExecuteDeleteAsync(cancellation);
            db.Tokens.Add(new TokenRow
            {
                Id = Ids.New(clock),
                Hash = Secrets.Hash(secret),
                Name = CliToken,
                UserId = owner.Id,
                ProjectId = project.Id,
                CreatedAt = clock.GetUtcNow(),
            });
            await db.SaveChangesAsync(cancellation);
            known = new ClientFile(address.Url, secret);
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
