using System.Text.Json;

namespace Warren.Contracts;

/// <summary>Something that happened, committed together with the change it tells of. Streamed by GET /events.</summary>
public sealed record Event
{
    /// <summary>Rising number; the stream's <c>id</c>, to be sent back as <c>Last-Event-ID</c>.</summary>
    public required long Id { get; init; }

    /// <summary>What happened, <c>subject.verb</c>: <c>machine.changed</c>, <c>machine.deleted</c>, <c>machine.expiring</c> and <c>machine.idle</c> (a warning, told in the machine), <c>operation.changed</c>, <c>image.changed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Id of the thing it happened to.</summary>
    public required string SubjectId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The thing as it is after the change, in the form its own route returns; absent after a delete.</summary>
    public JsonElement? Data { get; init; }
}
