using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Access;

internal sealed class UserInviteVerb : Verb
{
    private readonly Option<UserRole?> _role;
    private readonly Option<string> _project;
    private readonly Option<int?> _days;

    public UserInviteVerb() : base("invite", "Print a link that lets somebody sign up, once; for administrators", "warren users invite --project class")
    {
        _role = Option<UserRole?>("--role", "administrator, member or viewer [member]", "ROLE");
        _project = Option<string>("--project", "A project that they join besides their own", "NAME");
        _days = Option<int?>("--days", "Days until it stops working, 1 to 30 [7]", "N");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var created = await call.Client.CreateInvitationAsync(
            new CreateInvitationRequest { Role = call.Get(_role), Project = call.Get(_project), Days = call.Get(_days) }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(created);
        else call.Screen.WriteLine(created.Url);
        call.Screen.Hint($"Works once, until {Figures.Time(created.Invitation.ExpiresAt)}.");
        return ExitCode.Ok;
    }
}
