using System.Text.Json;
using Warren.Contracts;

namespace Warren.Server.Audit;

/// <summary>One entry of the audit trail. It is written once; the database refuses to change or delete it.</summary>
internal sealed class AuditEntryRow
{
    /// <summary>1, 2, 3, … without gaps; set when it is put into the chain.</summary>
    public long Seq { get; set; }

    public DateTimeOffset At { get; set; }
    public AuditActor Actor { get; set; }
    public string? UserId { get; set; }
    public string? UserName { get; set; }
    public string? Credential { get; set; }
    public string? Tried { get; set; }
    public string? Address { get; set; }
    public string? UserAgent { get; set; }
    public required string Action { get; set; }
    public string? Method { get; set; }
    public string? Route { get; set; }
    public string? SubjectKind { get; set; }
    public string? SubjectId { get; set; }
    public string? SubjectName { get; set; }
    public string? ProjectId { get; set; }
    public AuditResult Result { get; set; }
    public int? Status { get; set; }
    public string? Problem { get; set; }
    public string? OperationId { get; set; }
    public string DetailJson { get; set; } = "{}";
    public string PreviousHash { get; set; } = "";
    public string Hash { get; set; } = "";

    /// <summary>A detail as it is kept: its names in the order in which they are hashed.</summary>
    public static string Kept(IDictionary<string, string> detail) => JsonSerializer.Serialize(new SortedDictionary<string, string>(detail, StringComparer.Ordinal), WarrenJson.Options);

    /// <exception cref="JsonException">Somebody wrote something else there.</exception>
    public SortedDictionary<string, string> Detail => new(JsonSerializer.Deserialize<Dictionary<string, string>>(DetailJson, WarrenJson.Options) ?? [], StringComparer.Ordinal);

    public AuditEntry ToContract(string? project = null) => new()
    {
        Seq = Seq,
        At = At,
        Actor = Actor,
        UserId = UserId,
        User = UserName,
        Credential = Credential,
        Tried = Tried,
        Address = Address,
        UserAgent = UserAgent,
        Action = Action,
        Method = Method,
        Route = Route,
        SubjectKind = SubjectKind,
        SubjectId = SubjectId,
        Subject = SubjectName,
        ProjectId = ProjectId,
        Project = project,
        Result = Result,
        Status = Status,
        Problem = Problem,
        OperationId = OperationId,
        Detail = Detail,
        PreviousHash = PreviousHash,
        Hash = Hash,
    };
}

/// <summary>The end of the chain, which the database moves with each entry, and the last entry that retention took away.</summary>
internal sealed class AuditHeadRow
{
    public int Id { get; set; }
    public long Seq { get; set; }
    public required string Hash { get; set; }
    public long PrunedThrough { get; set; }
    public required string PrunedHash { get; set; }
}
