using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Audit;

/// <summary>What is gathered for a request's entry while the request runs. Those who know more than the request says tell it here.</summary>
internal sealed class AuditDraft(string asked, string method, string route, RouteValueDictionary values)
{
    /// <summary>What it is called in the trail.</summary>
    private string _action = asked;

    /// <summary>Why it was refused, where the answer's status does not say so.</summary>
    private string? _refused;

    /// <summary>Most operations that are named besides the first.</summary>
    private const int MostOperations = 20;

    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private readonly List<AuditSubject> _seen = [];
    private readonly List<string> _operations = [];
    private (string Id, string Name, string Credential)? _known;
    private string? _tried;
    private string? _made;
    private int _taken;

    /// <summary>Of the present request; null: it is not written down.</summary>
    public static AuditDraft? Of(HttpContext? http) => http?.Features.Get<AuditDraft>();

    /// <summary>True once: whoever gets it writes the entry.</summary>
    public bool Take() => Interlocked.Exchange(ref _taken, 1) == 0;

    /// <summary>The route's work begins, perhaps once more: what an earlier run did is gone.</summary>
    public void Begin(IReadOnlyDictionary<string, string> fields)
    {
        lock (_operations) _operations.Clear();
        _made = null;
        foreach (var (name, value) in fields) _told[name] = value;
    }

    /// <summary>A row was found for the caller.</summary>
    public void Saw(object row)
    {
        if (AuditSubject.Of(row) is { } subject) _seen.Add(subject);
    }

    /// <summary>Something was found for the caller.</summary>
    public void Saw(AuditSubject subject) => _seen.Add(subject);

    /// <summary>A name that somebody tried to log in with. What cannot be a name may be a password in the wrong field.</summary>
    public void Tried(string name) => _tried = Names.IsHostLabel(name) ? name : "(not a name)";

    /// <summary>Somebody without a session has proved who they are.</summary>
    /// <param name="id">Id of the user, or empty: who has a share link is no user.</param>
    /// <param name="name">Name.</param>
    /// <param name="credential">By what: kind and id.</param>
    public void Proved(string id, string name, string credential) => _known = (id, name, credential);

    /// <summary>It turned out to be another action.</summary>
    public void Is(string other) => _action = other;

    /// <summary>It is refused, although a browser is sent on to a page that says why.</summary>
    public void Refused(string why) => _refused = why;

    /// <summary>The answer tells of something with this id.</summary>
    public void Made(string id) => _made = id;

    /// <summary>Something more that is worth knowing.</summary>
    public void Tell(string name, string value) => _told[name] = AuditText.Of(value) ?? "";

    /// <summary>The answer is an operation: it comes first.</summary>
    public void Accepted(OperationRow operation)
    {
        lock (_operations)
        {
            _operations.Remove(operation.Id);
            _operations.Insert(0, operation.Id);
        }

        _seen.Add(new AuditSubject(operation.SubjectKind, operation.SubjectId, operation.SubjectName, operation.ProjectId));
        _made = operation.SubjectId;
    }

    /// <summary>An operation was asked for, perhaps by work that the request left to another thread.</summary>
    public void Enqueued(string operation)
    {
        lock (_operations)
            if (!_operations.Contains(operation) && _operations.Count <= MostOperations) _operations.Add(operation);
    }

    /// <summary>The entry.</summary>
    /// <param name="http">The request, its answer about to be sent.</param>
    /// <param name="at">When.</param>
    public AuditEntryRow Entry(HttpContext http, DateTimeOffset at)
    {
        var status = http.Response.StatusCode;
        var result = _refused is not null ? AuditResult.Refused : status < 400 ? AuditResult.Ok : status < 500 ? AuditResult.Refused : AuditResult.Failed;
        var subject = Subject();
        var (actor, userId, user, credential) = Who(http);
        if (http.Response.Headers.ContainsKey("Idempotency-Replayed")) Tell("replayed", "true");
        var operations = Operations(result);
        if (operations.Count > 1) _told["operations"] = string.Join(' ', operations.Skip(1));
        var current = http.User.FindFirst(Caller.ProjectClaim)?.Value;
        return new AuditEntryRow
        {
            At = at,
            Actor = actor,
            UserId = userId,
            UserName = AuditText.Of(user),
            Credential = credential,
            Tried = _known is null ? _tried : null,
            Address = AuditText.Of(http.Address()),
            UserAgent = AuditText.Of(http.Request.Headers.UserAgent.ToString(), 120),
            Action = _action,
            Method = method,
            Route = route,
            SubjectKind = subject.Kind,
            SubjectId = subject.Id,
            SubjectName = subject.Name,
            ProjectId = subject.ProjectId ?? (subject.IsInProject ? current : null),
            Result = result,
            Status = status,
            Problem = _refused ?? http.Features.Get<Problem>()?.Kind,
            OperationId = operations.FirstOrDefault(),
            DetailJson = AuditEntryRow.Kept(_told),
        };
    }

    /// <summary>What was refused has begun nothing: its transaction is gone.</summary>
    private List<string> Operations(AuditResult result)
    {
        lock (_operations) return result == AuditResult.Ok ? [.. _operations] : [];
    }

    private AuditSubject Subject()
    {
        var named = AuditSubject.Of(route, values, _told);
        // A route without a thing in its address makes one, or is about the caller: its name says which.
        var kind = named?.Kind ?? _action[.._action.IndexOf('.', StringComparison.Ordinal)];
        var seen = _seen.LastOrDefault(s => s.Kind == kind && (named is null || s.Id == named.Id || s.Name == named.Name || (s.Kind is "golden-image" or "lease")));
        var project = seen?.ProjectId ?? _seen.LastOrDefault(s => s.ProjectId is not null)?.ProjectId;
        if ((seen ?? named) is { } known)
        {
            if (_made is not null && _made != known.Id) _told["made"] = _made;
            return known with { ProjectId = project };
        }

        return new AuditSubject(kind, _made, _told.GetValueOrDefault("name") is { } name && name != AuditFields.Redacted ? name : null, project);
    }

    private (AuditActor Actor, string? Id, string? Name, string? Credential) Who(HttpContext http)
    {
        if (_known is { } known) return known.Id.Length == 0 ? (AuditActor.Share, null, known.Name, known.Credential) : (AuditActor.Person, known.Id, known.Name, known.Credential);
        if (http.User.Identity?.IsAuthenticated != true) return (AuditActor.Nobody, null, null, null);
        var caller = http.RequestServices.GetRequiredService<Caller>();
        if (caller.Share is { } share)
        {
            Tell("guest", caller.UserName);
            return (AuditActor.Share, caller.UserId, caller.AccountName, "share:" + share);
        }

        return (caller.IsService ? AuditActor.Service : AuditActor.Person, caller.UserId, caller.AccountName, caller.Credential);
    }
}
