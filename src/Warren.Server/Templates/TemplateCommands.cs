using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Templates.CloudConfig;

namespace Warren.Server.Templates;

/// <summary>Finds, saves and deletes templates.</summary>
internal sealed class TemplateCommands(WarrenDb db, Caller caller, BuiltInTemplates shipped, TimeProvider clock)
{
    /// <summary>One version of a template; <paramref name="Row"/> is null for a built-in one.</summary>
    internal sealed record Found(string Name, int Version, string Yaml, TemplateRow? Row, DateTimeOffset? CreatedAt);

    /// <summary>A template by name. The caller's own project comes first, and what is saved before what is shipped.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">A version of it; the newest when null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="RefusedException">There is none, or no such version.</exception>
    public async Task<Found> FindAsync(string name, int? version, CancellationToken cancellation)
    {
        if (await RowAsync(name, cancellation) is { } row)
        {
            var number = version ?? row.Latest;
            var found = await db.TemplateVersions.AsNoTracking().FirstOrDefaultAsync(v => v.TemplateId == row.Id && v.Number == number, cancellation);
            return found is not null ? new Found(row.Name, number, found.Yaml, row, found.CreatedAt) : throw NoVersion(name, number);
        }

        if (shipped.Find(name) is not { } yaml) throw new RefusedException(Problems.NotFound($"There is no template '{name}'."));
        return version is null or 1 ? new Found(name, 1, yaml, null, null) : throw NoVersion(name, version.Value);
    }

    /// <summary>A saved template, to be changed.</summary>
    /// <exception cref="RefusedException">There is none, or it is built in.</exception>
    public async Task<TemplateRow> DemandAsync(string name, CancellationToken cancellation)
    {
        if (await RowAsync(name, cancellation) is { } row) return caller.Saw(row);
        throw new RefusedException(shipped.Find(name) is null ? Problems.NotFound($"There is no template '{name}'.")
            : Problems.IllegalState($"'{name}' is built in and stays as it is; export it, give it another name, and import it."));
    }

    public async Task<TemplateRow> CreateAsync(string yaml, CancellationToken cancellation)
    {
        var text = TemplateParser.Demand(yaml);
        var (project, now) = (caller.ProjectId, clock.GetUtcNow());
        if (shipped.Find(text.Name) is not null || await db.Templates.AnyAsync(t => t.ProjectId == project && t.Name == text.Name, cancellation))
            throw new RefusedException(Problems.NameTaken(text.Name));
        var row = new TemplateRow { Id = Ids.New(clock), Name = text.Name, OwnerId = caller.UserId, ProjectId = project, Latest = 1, CreatedAt = now };
        row.Describe(text);
        db.Templates.Add(row);
        db.TemplateVersions.Add(new TemplateVersionRow { TemplateId = row.Id, Number = 1, Yaml = yaml, CreatedAt = now });
        await db.SaveChangesAsync(cancellation);
        return caller.Saw(row);
    }

    /// <summary>Makes the next version. The same text again makes none.</summary>
    public async Task UpdateAsync(TemplateRow row, string yaml, CancellationToken cancellation)
    {
        var text = TemplateParser.Demand(yaml);
        if (text.Name != row.Name) throw new RefusedException(CloudConfigCheck.Problem([new TextMistake(1, 1, "name", $"must stay '{row.Name}'")], "yaml"));
        if (await db.TemplateVersions.AnyAsync(v => v.TemplateId == row.Id && v.Number == row.Latest && v.Yaml == yaml, cancellation)) return;
        row.Latest++;
        row.CreatedAt = clock.GetUtcNow();
        row.Describe(text);
        db.TemplateVersions.Add(new TemplateVersionRow { TemplateId = row.Id, Number = row.Latest, Yaml = yaml, CreatedAt = row.CreatedAt });
        await db.SaveChangesAsync(cancellation);
    }

    public Task DeleteAsync(TemplateRow row, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        db.Templates.Remove(row);
        await db.SaveChangesAsync(cancellation);
        return await db.TemplateVersions.Where(v => v.TemplateId == row.Id).ExecuteDeleteAsync(cancellation);
    }, cancellation);

    private Task<TemplateRow?> RowAsync(string name, CancellationToken cancellation)
    {
        var project = caller.ProjectId;
        return caller.Visible(db.Templates).Where(t => t.Name == name).OrderBy(t => t.ProjectId == project ? 0 : 1).ThenBy(t => t.Id).FirstOrDefaultAsync(cancellation);
    }

    private static RefusedException NoVersion(string name, int version) => new(Problems.NotFound($"There is no version {version} of the template '{name}'."));
}
