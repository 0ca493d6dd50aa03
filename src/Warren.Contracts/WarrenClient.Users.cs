namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Lists users, by name; for administrators.</summary>
    public IAsyncEnumerable<User> ListUsersAsync(CancellationToken cancellation = default) => PagesAsync<User>("/users", cancellation);

    /// <summary>Makes a user or a service account.</summary>
    public Task<User> CreateUserAsync(CreateUserRequest request, CancellationToken cancellation = default) => PostAsync<User>("/users", request, cancellation);

    /// <summary>Changes a user's role, keeps them out or lets them in.</summary>
    public Task<User> EditUserAsync(string user, EditUserRequest request, CancellationToken cancellation = default)
        => PatchAsync<User>($"/users/{Segment(user)}", request, cancellation);

    /// <summary>Makes a link that logs a user in, once; they can set a new password then.</summary>
    public Task<LoginLink> CreateUserLoginLinkAsync(string user, CancellationToken cancellation = default)
        => PostAsync<LoginLink>($"/users/{Segment(user)}/login-links", null, cancellation);

    /// <summary>Makes a token of a service account; its secret is in this answer and nowhere else.</summary>
    public Task<CreatedToken> CreateUserTokenAsync(string user, CreateTokenRequest request, CancellationToken cancellation = default)
        => PostAsync<CreatedToken>($"/users/{Segment(user)}/tokens", request, cancellation);

    /// <summary>Makes a link that lets somebody sign up, once; it is in this answer and nowhere else.</summary>
    public Task<CreatedInvitation> CreateInvitationAsync(CreateInvitationRequest request, CancellationToken cancellation = default)
        => PostAsync<CreatedInvitation>("/invitations", request, cancellation);

    /// <summary>Lists the caller's projects, or all for administrators, by name.</summary>
    public IAsyncEnumerable<Project> ListProjectsAsync(CancellationToken cancellation = default) => PagesAsync<Project>("/projects", cancellation);

    /// <summary>Makes a project, whose administrator the caller is.</summary>
    public Task<Project> CreateProjectAsync(string name, CancellationToken cancellation = default)
        => PostAsync<Project>("/projects", new CreateProjectRequest(name), cancellation);

    /// <summary>Lists a project's members, by name.</summary>
    public IAsyncEnumerable<ProjectMember> ListProjectMembersAsync(string project, CancellationToken cancellation = default)
        => PagesAsync<ProjectMember>($"/projects/{Segment(project)}/members", cancellation);

    /// <summary>Lets a user into a project, or changes their role in it.</summary>
    public Task<ProjectMember> SetProjectMemberAsync(string project, string user, ProjectRole role, CancellationToken cancellation = default)
        => PutAsync<ProjectMember>($"/projects/{Segment(project)}/members/{Segment(user)}", new SetMemberRequest(role), cancellation);

    /// <summary>Takes a user out of a project.</summary>
    public Task RemoveProjectMemberAsync(string project, string user, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/projects/{Segment(project)}/members/{Segment(user)}", cancellation);
}
