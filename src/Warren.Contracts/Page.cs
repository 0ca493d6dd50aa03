namespace Warren.Contracts;

/// <summary>One page of a list.</summary>
/// <param name="Items">The entries, newest first unless the route says otherwise.</param>
/// <param name="Next">Cursor for the next page, to be passed as <c>?after=</c>; absent on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next = null);
