namespace Warren.Contracts;

/// <summary>A refusal or failure (RFC 9457).</summary>
/// <param name="Type">Stable identifier, <c>urn:warren:problem:…</c>; programs decide by this.</param>
/// <param name="Title">What kind of problem, for people.</param>
/// <param name="Status">HTTP status; 0 inside an operation that failed after its request was accepted.</param>
/// <param name="Detail">What exactly, and what to do.</param>
public sealed record Problem(string Type, string Title, int Status, string? Detail = null)
{
    /// <summary>For bad input: the field's name to the rules it breaks.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
}
