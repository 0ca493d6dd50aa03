using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Sharing;

internal sealed class ShareUsersVerb : Verb
{
    private static readonly string[] s_headings = ["USER", "KIND", "ROLE", "SHARED BY", "SINCE"];
    private readonly Argument<string> _machine;

    public ShareUsersVerb() : base("users", "List whom a machine is shared with", "warren shares users web") => _machine = Argument<string>("MACHINE", "The machine's name or id");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var users = new List<MachineUser>();
        await foreach (var user in call.Client.ListMachineUsersAsync(call.Get(_machine), cancellation)) users.Add(user);
        call.Screen.WriteList(users, $"Shared with nobody. Let somebody in: warren shares set-user {call.Get(_machine)} NAME", s_headings,
            u => [u.User, u.Kind.ToString().ToLowerInvariant(), u.Role.ToString().ToLowerInvariant(), u.SharedBy, Figures.Time(u.SharedAt)]);
        return ExitCode.Ok;
    }
}
