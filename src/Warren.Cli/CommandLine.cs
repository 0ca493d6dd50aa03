using System.CommandLine;
using System.CommandLine.Help;
using Warren.Cli.Access;
using Warren.Cli.Audit;
using Warren.Cli.Events;
using Warren.Cli.Golden;
using Warren.Cli.Hosts;
using Warren.Cli.Images;
using Warren.Cli.Keys;
using Warren.Cli.Machines;
using Warren.Cli.Networks;
using Warren.Cli.Operations;
using Warren.Cli.Pools;
using Warren.Cli.Quotas;
using Warren.Cli.Recordings;
using Warren.Cli.Sharing;
using Warren.Cli.Snapshots;
using Warren.Cli.Ssh;
using Warren.Cli.Storage;
using Warren.Cli.Templates;
using Warren.Cli.Terminal;
using Warren.Cli.Tunnels;
using Warren.Contracts;

namespace Warren.Cli;

/// <summary>The whole command line: its verbs, and one run from arguments to exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Surroundings around)
    {
        var globals = new GlobalOptions();
        var parsed = Create(globals).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is HelpAction) return HelpPage.Write(parsed, around);
        if (parsed.CommandResult.Command is Noun { ByItself: { } usual } && parsed.UnmatchedTokens.Count == 0) return await RunAsync([.. arguments, usual], around);
        if (parsed.Errors.Count > 0 || parsed.CommandResult.Command is not Verb verb) return HelpPage.WriteUsageError(parsed, around);
        using var call = new Invocation(parsed, globals, around);
        try
        {
            return await verb.RunAsync(call, around.Interrupted);
        }
        catch (WarrenException e)
        {
            call.Screen.Report(e.Problem);
            return ExitCode.Of(e.Problem);
        }
        catch (OperationCanceledException) when (around.Interrupted.IsCancellationRequested)
        {
            return ExitCode.Cancelled;
        }
        catch (IOException e) when (IsBrokenPipe(e))
        {
            // The reader of our output, head(1) say, has seen enough.
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            call.Screen.Report(new Problem("urn:warren:problem:internal", "File error", 0, e.Message));
            return ExitCode.Failed;
        }
    }

    internal static RootCommand Create(GlobalOptions globals)
    {
        var root = new RootCommand("Launches and drives virtual machines on a Warren server.") { HelpName = "warren" };
        foreach (var builtIn in root.Options.OfType<VersionOption>().ToArray()) root.Options.Remove(builtIn);
        globals.AddTo(root);
        Command[] commands =
        [
            new LaunchVerb(), new ListVerb(), new InfoVerb(), new StartVerb(), new StopVerb(), new RestartVerb(), new DeleteVerb(),
            new PauseVerb(on: true), new PauseVerb(on: false), new SuspendVerb(), new AutostartVerb(), new KeepVerb(), new ResizeVerb(), new MigrateVerb(), new CloneVerb(), new ForkVerb(), new WaitVerb(), new PingVerb(), new SshVerb(), new SshConfigVerb(), new TunnelVerb(), new RdpVerb(), new ConsoleVerb(), new VncVerb(), new ScreenshotVerb(), new TypeVerb(), new LogsVerb(), new RecordVerb(),
            new Noun("recordings", "recording", "What machines showed on their screens", new RecordingListVerb(), new RecordingExportVerb(), new RecordingDeleteVerb()) { ByItself = "list" },
            new Noun("keys", "key", "SSH keys", new KeyListVerb(), new KeyCreateVerb(), new KeyAddVerb(), new KeyShowVerb(), new KeyDeleteVerb(), new KeyInjectVerb()) { ByItself = "list" },
            new Noun("images", "image", "Images in the store, and what can be had", new ImageListVerb(), new ImageImportVerb(), new ImageBuildVerb(),
                new ImageInfoVerb(), new ImageDeleteVerb(), new CatalogueVerb()) { ByItself = "list" },
            new Noun("templates", "template", "Presets that machines are launched from", new TemplateListVerb(), new TemplateShowVerb(), new TemplateImportVerb(),
                new TemplateExportVerb(), new TemplateValidateVerb(), new TemplateDeleteVerb()) { ByItself = "list" },
            new VagrantfileVerb(),
            new Noun("golden", null, "Golden images: what forks start from", new GoldenListVerb(), new GoldenCreateVerb(), new GoldenInfoVerb(), new GoldenReadyVerb(),
                new GoldenEditVerb(), new GoldenDeleteVerb()) { ByItself = "list" },
            new Noun("operations", "operation", "What is being done, and what was", new OperationListVerb(), new OperationInfoVerb(),
                new OperationCancelVerb(), new OperationWatchVerb()) { ByItself = "list" },
            new Noun("hosts", "host", "Where machines run", new HostListVerb(), new HostAddVerb(), new HostInfoVerb(), new HostEditVerb(), new HostProbeVerb(),
                new HostDrainVerb(on: true), new HostDrainVerb(on: false), new HostRemoveVerb(), new HostMachinesVerb(), new HostAdoptVerb(), new HostKindsVerb()) { ByItself = "list" },
            new Noun("snapshots", "snapshot", "Points that a machine can return to", new SnapshotListVerb(), new SnapshotCreateVerb(), new SnapshotRestoreVerb(),
                new SnapshotEditVerb(), new SnapshotDeleteVerb()),
            new Noun("pools", "pool", "Machines kept ready to be claimed", new PoolListVerb(), new PoolCreateVerb(), new PoolInfoVerb(), new PoolResizeVerb(),
                new PoolDrainVerb(on: true), new PoolDrainVerb(on: false), new PoolDeleteVerb()) { ByItself = "list" },
            new Noun("shares", "share", "Links to machines' screens, and users whom machines are shared with", new ShareListVerb(), new ShareCreateVerb(), new ShareDeleteVerb(),
                new ShareUsersVerb(), new ShareSetUserVerb(), new ShareRemoveUserVerb()),
            new ConnectionsVerb(),
            new ClaimVerb(), new ReleaseVerb(), new RenewVerb(),
            new Noun("networks", "network", "Networks of hosts", new NetworkListVerb(), new NetworkCreateVerb(), new NetworkDeleteVerb()),
            new Noun("storage", null, "Where the disks of hosts lie", new StorageListVerb(), new StorageCreateVerb(), new StorageDeleteVerb()),
            new Noun("tokens", "token", "Bearer tokens for programs", new TokenListVerb(), new TokenCreateVerb(), new TokenDeleteVerb()) { ByItself = "list" },
            new Noun("users", "user", "Who may use the server, and as what", new UserListVerb(), new UserAddVerb(), new UserEditVerb(), new UserInviteVerb(), new UserLoginLinkVerb(), new SetLimitsVerb(QuotaScope.User)) { ByItself = "list" },
            new Noun("projects", "project", "What machines, images and keys belong to", new ProjectListVerb(), new ProjectCreateVerb(), new ProjectMembersVerb(),
                new ProjectSetMemberVerb(), new ProjectRemoveMemberVerb(), new SetLimitsVerb(QuotaScope.Project)) { ByItself = "list" },
            new LimitsVerb(),
            new Noun("audit", null, "Who did what, and whether that was tampered with", new AuditListVerb(), new AuditExportVerb(), new AuditVerifyVerb()) { ByItself = "list" },
            new LoginLinkVerb(), new EventsVerb(), new VersionVerb(),
        ];
        foreach (var command in commands) root.Subcommands.Add(command);
        return root;
    }

    /// <summary>EPIPE, as .NET carries errno in the exception's HResult on Unix.</summary>
    private static bool IsBrokenPipe(IOException e) => !OperatingSystem.IsWindows() && e.HResult == 32;
}
