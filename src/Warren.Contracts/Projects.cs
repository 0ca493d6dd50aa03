namespace Warren.Contracts;

/// <summary>A project: machines, images, keys, templates and pools belong to one.</summary>
/// <param name="Id">Id.</param>
/// <param name="Name">Name.</param>
/// <param name="Role">The caller's role in it; absent where they are no member, as administrators may be.</param>
/// <param name="Members">How many members it has.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record Project(string Id, string Name, ProjectRole? Role, int Members, DateTimeOffset CreatedAt);

/// <summary>A member of a project.</summary>
/// <param name="User">Login name.</param>
/// <param name="Kind">Person or service account.</param>
/// <param name="Role">What they may do in it.</param>
public sealed record ProjectMember(string User, UserKind Kind, ProjectRole Role);

/// <summary>POST /projects.</summary>
/// <param name="Name">Its name: letters, digits, '.', '_' and '-'.</param>
public sealed record CreateProjectRequest([property: Audited] string Name);

/// <summary>PUT /projects/{project}/members/{user}.</summary>
/// <param name="Role">What they may do in it.</param>
public sealed record SetMemberRequest([property: Audited] ProjectRole Role);
