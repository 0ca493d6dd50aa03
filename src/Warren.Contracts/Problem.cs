using System.Text.Json.Serialization;

namespace Warren.Contracts;

/// <summary>A refusal or failure (RFC 9457).</summary>
/// <param name="Type">Stable identifier, <c>urn:warren:problem:…</c>; programs decide by this.</param>
/// <param name="Title">What kind of problem, for people.</param>
/// <param name="Status">HTTP status; 0 inside an operation that failed after its request was accepted.</param>
/// <param name="Detail">What exactly, and what to do.</param>
public sealed record Problem(string Type, string Title, int Status, string? Detail = null)
{
    /// <summary>Last part of <see cref="Type"/>: <c>not-found</c> of <c>urn:warren:problem:not-found</c>.</summary>
    [JsonIgnore] public string Kind => Type[(Type.LastIndexOf(':') + 1)..];

    /// <summary>For bad input: the field's name to the rules it breaks.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>For a text with mistakes (a template, cloud-config): each with its place.</summary>
    public IReadOnlyList<TextMistake>? Mistakes { get; init; }

    /// <summary>For <c>second-factor-required</c>: what the code is sent with, to POST /session/second-factor.</summary>
    public string? Challenge { get; init; }

    /// <summary>For <c>quota-exceeded</c>: what would be exceeded, and whose.</summary>
    public IReadOnlyList<QuotaExcess>? Exceeded { get; init; }

    /// <summary>For <c>already-running</c>: the machine that runs, where the caller may see it.</summary>
    public RunningMachine? Machine { get; init; }

    /// <summary>Seconds after which another try makes sense; the <c>Retry-After</c> header says the same.</summary>
    public int? RetryAfterSeconds { get; init; }
}

/// <summary>A mistake in a text that somebody wrote.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1.</param>
/// <param name="Field">The field, as a path: <c>cloudInit.users[0].name</c>; empty for the text as a whole.</param>
/// <param name="Rule">The rule it breaks.</param>
public sealed record TextMistake(long Line, long Column, string Field, string Rule);
