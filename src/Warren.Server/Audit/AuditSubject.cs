using Warren.Server.Access;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Database;
using Warren.Server.Images;
using Warren.Server.Images.Golden;
using Warren.Server.Images.Uploads;
using Warren.Server.Keys;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Pools;
using Warren.Server.Snapshots;
using Warren.Server.Templates;

namespace Warren.Server.Audit;

/// <summary>What a request was about.</summary>
/// <param name="Kind">machine, image, user, …</param>
/// <param name="Id">Its id, where known.</param>
/// <param name="Name">Its name, where known.</param>
/// <param name="ProjectId">The project that it belongs to, where known.</param>
internal sealed record AuditSubject(string Kind, string? Id, string? Name, string? ProjectId = null)
{
    /// <summary>Kinds of things that belong to a project: what is asked for there in vain is a matter of the project all the same.</summary>
    private static readonly HashSet<string> s_inProjects = new(StringComparer.Ordinal)
        { "machine", "image", "golden-image", "key", "template", "pool", "lease", "snapshot", "recording", "share", "upload", "operation" };

    public bool IsInProject => s_inProjects.Contains(Kind);

    /// <summary>Of a row that was found; null for rows that are nobody's subject.</summary>
    public static AuditSubject? Of(object row) => row switch
    {
        MachineRow m => new("machine", m.Id, m.Name, m.ProjectId),
        ImageRow i => new("image", i.Id, i.Name, i.ProjectId),
        GoldenImageRow g => new("golden-image", g.Id, g.Reference, g.ProjectId),
        KeyRow k => new("key", k.Id, k.Name, k.ProjectId),
        TemplateRow t => new("template", t.Id, t.Name, t.ProjectId),
        PoolRow p => new("pool", p.Id, p.Name, p.ProjectId),
        LeaseRow l => new("lease", l.Id, l.MachineName, l.ProjectId),
        SnapshotRow s => new("snapshot", s.Id, s.Name, s.ProjectId),
        RecordingRow r => new("recording", r.Id, r.MachineName, r.ProjectId),
        OperationRow o => new("operation", o.Id, o.SubjectName, o.ProjectId),
        UploadRow u => new("upload", u.Id, u.Name, u.ProjectId),
        UserRow u => new("user", u.Id, u.Name),
        ProjectRow p => new("project", p.Id, p.Name, p.Id),
        _ => null,
    };

    /// <summary>What a route is about, as its caller named it: the last thing in its address.</summary>
    /// <param name="route">The route's template.</param>
    /// <param name="values">What stood in the places of its parameters.</param>
    /// <param name="others">Takes the other parameters.</param>
    public static AuditSubject? Of(string route, RouteValueDictionary values, IDictionary<string, string> others)
    {
        AuditSubject? found = null;
        var before = "";
        foreach (var part in route.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part is ['{', .. var parameter, '}'] && AuditText.Of(values[parameter]?.ToString()) is { } value)
            {
                if (KindOf(parameter, before) is not { } kind)
                {
                    others[parameter] = value;
                }
                else
                {
                    if (found is not null) others[found.Kind] = (found.Id ?? found.Name)!;
                    found = Ids.Looks(value) ? new AuditSubject(kind, value, null) : new AuditSubject(kind, null, value);
                }
            }

            before = part;
        }

        return found;
    }

    private static string? KindOf(string parameter, string before) => (parameter, before) switch
    {
        ("name", _) => "host",
        ("claim", _) => "lease",
        ("goldenImage", _) => "golden-image",
        ("id", _) => before.TrimEnd('s'),
        ("port" or "nativeName", _) => null,
        _ => parameter,
    };
}
