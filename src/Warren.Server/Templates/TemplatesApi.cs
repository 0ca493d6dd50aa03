using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Templates.Yaml;
using Warren.Server.Web;

namespace Warren.Server.Templates;

/// <summary>Routes under /templates.</summary>
internal static class TemplatesApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/templates").WithTags("templates");
        group.MapGet("/", ListAsync).WithName("listTemplates").WithSummary("Templates by name with what they say, the shipped ones among them; without their texts");
        group.MapPost("/", CreateAsync).WithName("createTemplate").Accepts<SaveTemplateRequest>("application/json", TemplateBody.MediaType)
            .ProducesProblem(400).ProducesProblem(409).ProducesProblem(415).WithSummary("Save a new template; its name is in the text");
        group.MapPost("/validate", Validate).WithName("validateTemplate").WithMetadata(Repeatable.Instance, Needs.Look, AuditMark.Never).ProducesProblem(400)
            .WithSummary("Check a text, and say which launch it stands for; nothing is saved");
        group.MapGet("/{template}", GetAsync).WithName("getTemplate").Produces<Template>().ProducesProblem(404)
            .WithSummary("One template; with Accept: application/yaml its exact text");
        group.MapPut("/{template}", UpdateAsync).WithName("updateTemplate").Accepts<SaveTemplateRequest>("application/json", TemplateBody.MediaType)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(415).WithSummary("Make the next version; the former ones stay");
        group.MapDelete("/{template}", DeleteAsync).WithName("deleteTemplate").ProducesProblem(404).ProducesProblem(409).ProducesProblem(412)
            .WithSummary("Delete it with all its versions; machines made from it stay");
        group.MapGet("/{template}/versions", VersionsAsync).WithName("listTemplateVersions").ProducesProblem(404).WithSummary("A template's versions, newest first");
    }

    /// <summary>Shipped and saved ones are merged here, in the order of their letters' codes, which no two databases agree on.</summary>
    private static async Task<Ok<Page<Template>>> ListAsync(WarrenDb db, Caller caller, BuiltInTemplates shipped, int? limit, string? after, CancellationToken cancellation)
    {
        var take = Paging.LimitOf(limit);
        var rows = await caller.Visible(db.Templates.AsNoTracking()).ToListAsync(cancellation);
        var keys = rows.Select(r => (Key: $"{r.Name} {r.Id}", Row: (TemplateRow?)r, r.Name)).Concat(shipped.Names.Select(n => (Key: n + " ", Row: (TemplateRow?)null, Name: n)))
            .OrderBy(k => k.Key, StringComparer.Ordinal).Where(k => after is null || string.CompareOrdinal(k.Key, after) > 0).Take(take + 1).ToList();
        var saved = keys.Take(take).Select(k => k.Row).OfType<TemplateRow>().ToList();
        var (people, contents) = (await PeopleAsync(db, saved, cancellation), await ContentsAsync(db, saved, cancellation));
        return TypedResults.Ok(new Page<Template>(
            [.. keys.Take(take).Select(k => k.Row is { } row ? people.View(row) with { Content = contents.GetValueOrDefault(row.Id) } : shipped.View(k.Name))],
            keys.Count > take ? keys[take - 1].Key : null));
    }

    private static async Task<IResult> GetAsync(
        string template, int? version, WarrenDb db, TemplateCommands commands, BuiltInTemplates shipped, HttpContext http, CancellationToken cancellation)
    {
        var found = await commands.FindAsync(template, version, cancellation);
        if (found.Row is not null) ETags.Send(http, found.Row);
        if (http.Request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals(TemplateBody.MediaType, StringComparison.OrdinalIgnoreCase)))
            return TypedResults.Text(found.Yaml, TemplateBody.MediaType, System.Text.Encoding.UTF8);
        // One that an older version of Warren took and this one would not can still be read, and mended.
        var text = TemplateParser.Parse(found.Yaml, new Mistakes());
        var view = found.Row is null ? shipped.View(found.Name) : (await PeopleAsync(db, [found.Row], cancellation)).View(found.Row);
        return TypedResults.Ok(view with
        {
            Version = found.Version, Yaml = found.Yaml, Content = text?.Content, CreatedAt = found.CreatedAt,
            Description = text?.Description, Image = text?.Image, GoldenImage = text?.GoldenImage,
        });
    }

    private static async Task<Created<Template>> CreateAsync(TemplateBody body, WarrenDb db, TemplateCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await commands.CreateAsync(body.Yaml, cancellation);
        ETags.Send(http, row);
        return TypedResults.Created($"/api/v1/templates/{row.Name}", await WholeAsync(db, row, body.Yaml, cancellation));
    }

    private static async Task<Ok<Template>> UpdateAsync(
        string template, TemplateBody body, WarrenDb db, TemplateCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await commands.DemandAsync(template, cancellation);
        ETags.Demand(http, row);
        await commands.UpdateAsync(row, body.Yaml, cancellation);
        ETags.Send(http, row);
        return TypedResults.Ok(await WholeAsync(db, row, body.Yaml, cancellation));
    }

    private static async Task<NoContent> DeleteAsync(string template, TemplateCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await commands.DemandAsync(template, cancellation);
        ETags.Demand(http, row);
        await commands.DeleteAsync(row, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Page<Template>>> VersionsAsync(
        string template, WarrenDb db, TemplateCommands commands, BuiltInTemplates shipped, int? limit, string? after, CancellationToken cancellation)
    {
        var take = Paging.LimitOf(limit);
        var found = await commands.FindAsync(template, null, cancellation);
        if (found.Row is not { } row) return TypedResults.Ok(new Page<Template>([shipped.View(found.Name)]));
        var before = after is null ? int.MaxValue : int.TryParse(after, out var number) ? number : throw new RefusedException(Problems.Validation("after", "is no cursor of this list"));
        var versions = await db.TemplateVersions.AsNoTracking().Where(v => v.TemplateId == row.Id && v.Number < before).OrderByDescending(v => v.Number)
            .Take(take + 1).Select(v => new { v.Number, v.CreatedAt }).ToListAsync(cancellation);
        var people = await PeopleAsync(db, [row], cancellation);
        return TypedResults.Ok(new Page<Template>(
            [.. versions.Take(take).Select(v => people.View(row) with { Version = v.Number, CreatedAt = v.CreatedAt })], versions.Count > take ? $"{versions[take - 1].Number}" : null));
    }

    private static Ok<TemplateValidation> Validate(ValidateTemplateRequest request, Caller caller)
    {
        var check = new Check();
        check.That(request.User is null || Names.IsLabel(request.User), "user", Names.LabelRule);
        check.That(request.Machine is null || Names.IsHostLabel(request.Machine), "machine", Names.HostLabelRule);
        check.Throw();
        var mistakes = new Mistakes();
        var text = TemplateParser.Parse(request.Yaml, mistakes);
        if (text is null || mistakes.Any) return TypedResults.Ok(new TemplateValidation { Valid = false, Errors = mistakes.All });
        var user = request.User ?? caller.UserName;
        var machine = request.Machine ?? TemplateRenderer.MachineName(text, user) ?? "machine";
        return TypedResults.Ok(new TemplateValidation { Valid = true, Rendered = TemplateRenderer.Render(text, user, machine) });
    }

    private static async Task<Template> WholeAsync(WarrenDb db, TemplateRow row, string yaml, CancellationToken cancellation)
        => (await PeopleAsync(db, [row], cancellation)).View(row) with { Yaml = yaml, Content = TemplateParser.Demand(yaml).Content };

    /// <summary>What the newest texts say. They are small and few on a page, so nothing of them is kept a second time.</summary>
    private static async Task<Dictionary<string, TemplateContent?>> ContentsAsync(WarrenDb db, List<TemplateRow> rows, CancellationToken cancellation)
    {
        var ids = rows.ConvertAll(r => r.Id);
        var texts = await db.TemplateVersions.AsNoTracking().Where(v => ids.Contains(v.TemplateId) && db.Templates.Any(t => t.Id == v.TemplateId && t.Latest == v.Number)).ToListAsync(cancellation);
        return texts.ToDictionary(v => v.TemplateId, v => TemplateParser.Parse(v.Yaml, new Mistakes())?.Content, StringComparer.Ordinal);
    }

    private static async Task<People> PeopleAsync(WarrenDb db, IReadOnlyList<TemplateRow> rows, CancellationToken cancellation)
    {
        var (owners, projects) = (rows.Select(r => r.OwnerId).Distinct().ToList(), rows.Select(r => r.ProjectId).Distinct().ToList());
        return new People(
            await db.Users.AsNoTracking().Where(u => owners.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Name, cancellation),
            await db.Projects.AsNoTracking().Where(p => projects.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, cancellation));
    }

    /// <summary>Names of those that templates belong to.</summary>
    private sealed record People(Dictionary<string, string> Owners, Dictionary<string, string> Projects)
    {
        public Template View(TemplateRow row) => new()
        {
            Name = row.Name,
            Version = row.Latest,
            Owner = Owners.GetValueOrDefault(row.OwnerId),
            Project = Projects.GetValueOrDefault(row.ProjectId),
            Description = row.Description,
            Image = row.Image,
            GoldenImage = row.GoldenImage,
            CreatedAt = row.CreatedAt,
        };
    }
}
