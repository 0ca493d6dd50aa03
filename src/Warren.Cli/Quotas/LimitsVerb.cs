namespace Warren.Cli.Quotas;

internal sealed class LimitsVerb() : Verb("limits", "Show what you and the current project may have, and have", "warren limits", "warren limits --format json")
{
    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var limits = await call.Client.GetLimitsAsync(cancellation);
        if (call.Screen.Json)
        {
            call.Screen.WriteJson(limits);
            return ExitCode.Ok;
        }

        if (limits.User is not { } user || limits.Project is not { } project) throw Refusal.Of("forbidden", "Not shown", "A token that is confined to a pool or template is not told.");
        call.Screen.Write(QuotaText.Table(user, "you", project, $"project {project.Name}", call.Screen.Colour));
        if (user.Limits.OneRunningMachine == true) call.Screen.Hint("One machine of yours may run at a time.");
        return ExitCode.Ok;
    }
}
