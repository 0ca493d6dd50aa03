using Warren.Contracts;

namespace Warren.Server.Consoles.Screens;

/// <summary>Who looks at a screen.</summary>
/// <param name="Id">Of this connection.</param>
/// <param name="Name">What the others see.</param>
/// <param name="May">The most that this visitor may do without being granted it.</param>
/// <param name="Share">Id of the share link that let the visitor in; null for those who have rights of their own.</param>
internal sealed record Visitor(string Id, string Name, ViewerRole May, string? Share = null);
