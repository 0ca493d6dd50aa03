namespace Warren.Contracts;

/// <summary>Somebody who may use one machine without being a member of its project.</summary>
/// <param name="User">Login name.</param>
/// <param name="Kind">Person or service account.</param>
/// <param name="Role">Viewer: looks at the machine, its screen and its serial line. Member: uses it, too.</param>
/// <param name="SharedBy">Login name of who let them in.</param>
/// <param name="SharedAt">When.</param>
public sealed record MachineUser(string User, UserKind Kind, ProjectRole Role, string SharedBy, DateTimeOffset SharedAt);

/// <summary>PUT /machines/{machine}/users/{user}.</summary>
/// <param name="Role">What they may do with the machine: viewer or member. Administrators are a project's.</param>
public sealed record SetMachineUserRequest([property: Audited] ProjectRole Role);

/// <summary>How a machine is shared with the caller.</summary>
/// <param name="Role">What they may do with it: viewer or member.</param>
/// <param name="By">Login name of who shares it.</param>
public sealed record SharedWithYou(ProjectRole Role, string By);
