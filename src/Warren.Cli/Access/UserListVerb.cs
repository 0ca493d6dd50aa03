using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class UserListVerb : Verb
{
    private static readonly string[] s_headings = ["NAME", "KIND", "ROLE", "SECOND FACTOR", "STATE", "CREATED"];

    public UserListVerb() : base("list", "List users; for administrators", "warren users list") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var users = new List<User>();
        await foreach (var user in call.Client.ListUsersAsync(cancellation)) users.Add(user);
        call.Screen.WriteList(users, "No users.", s_headings, Row);
        return ExitCode.Ok;
    }

    private static IReadOnlyList<Cell> Row(User u) =>
    [
        u.Name, u.Kind.ToString().ToLowerInvariant(), u.Role.ToString().ToLowerInvariant(), u.SecondFactor ? "yes" : "no", u.Disabled ? "disabled" : "active", Figures.Time(u.CreatedAt),
    ];
}
