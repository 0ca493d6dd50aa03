using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Machines;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Ssh;

internal sealed class SshVerb : Verb
{
    /// <summary>Port of the guest's SSH server.</summary>
    public const int Port = 22;

    /// <summary>As long as the server waits for a greeting behind cloud-init.</summary>
    private static readonly TimeSpan s_greetingTime = TimeSpan.FromSeconds(60);

    private readonly Option<string> _user;
    private readonly Option<string> _timeout;
    private readonly Option<bool> _forget;
    private readonly Option<bool> _tunnel;
    private readonly Option<bool> _direct;
    private readonly Argument<string> _name;
    private readonly Argument<string[]> _command;

    public SshVerb() : base("ssh", "Log in to a machine, or run a command there, with your own ssh",
        "warren ssh web", "warren ssh web -- uname -a", "tar c . | warren ssh web -- tar x -C /srv")
    {
        _user = Option<string>("--user", "Log in as this user [the image's own]", "NAME", "-l");
        _timeout = Option<string>("--timeout", "How long to wait for a guest that is still booting [5m]", "TIME", "-t");
        _forget = Option<bool>("--forget-host-key", "Accept a new host key: the guest has made itself another, on purpose");
        _tunnel = Option<bool>("--tunnel", "Through the server, also where the machine's forward could be reached [when the server is on another computer]");
        _direct = Option<bool>("--direct", "To the machine's forward or address, wherever the server is");
        _name = Argument<string>("NAME", "The machine's name or id");
        _command = Argument<string[]>("COMMAND", "What to run; everything behind NAME goes to ssh as it is");
        _command.Arity = ArgumentArity.ZeroOrMore;
        _command.CaptureRemainingTokens = true;
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var timeout = Durations.Parse(call.Get(_timeout) ?? "5m", "--timeout");
        var machine = await call.Client.GetMachineAsync(call.Get(_name), cancellation);
        if (machine.State is MachineState.Stopped or MachineState.Suspended or MachineState.Failed)
        {
            throw Refusal.Of("illegal-state", "Machine off", $"{machine.Name} is {Words.Of(machine.State)}: start it with `warren start {machine.Name}`");
        }

        if (call.Get(_tunnel) && call.Get(_direct)) throw Refusal.Invalid("--tunnel", "goes not with --direct");
        var user = call.Get(_user);
        string? proxy = null;
        // On the default network without a forward, or on one of its own of which no address is known.
        if (machine is { State: MachineState.Running, Ssh: null } && !call.Get(_direct) && (user ?? await UserOfAsync(call.Client, machine, cancellation)) is { } guest)
        {
            await Greeting.WaitAsync(call, machine, timeout, cancellation);
            machine = machine with { Ssh = new SshAddress("", Port, guest) };
            proxy = Proxy(call, machine);
        }
        else
        {
            if (!MayTry(machine.Readiness, call.Screen.Now)) machine = await WaitAsync(call, machine, timeout, cancellation);
            // The machine's address means the server's computer, or one of its networks.
            if (call.Get(_tunnel) || (!call.Get(_direct) && !call.Client.Server.IsLoopback)) proxy = Proxy(call, machine);
        }

        var address = machine.Ssh ?? throw SpeaksNoSsh(machine);
        if (proxy is not null) address = address with { Host = MachineText.Called(machine) + ".warren", Port = Port };
        var alias = await HostKeyAlias.OfAsync(call.Client, machine, cancellation);
        var arguments = ArgumentsFor(call, machine, user is not null ? address with { User = user } : address, alias, proxy);
        return ChildProcess.Run(call.Around.Setting("WARREN_SSH") ?? "ssh", arguments);
    }

    /// <summary>Who logs in to a machine, or null where its image does not speak SSH.</summary>
    public static async Task<string?> UserOfAsync(WarrenClient client, Machine machine, CancellationToken cancellation)
        => machine.Ssh?.User ?? (await HostKeyAlias.FindImageAsync(client, machine, cancellation) is { DefaultUser: { } user } image && image.Features.Contains("ssh") ? user : null);

    private static string Proxy(Invocation call, Machine machine) => ProxyCommand.Build(call.Around.Self, call.NamedServer, machine.Id, Port);

    private static async Task<Machine> WaitAsync(Invocation call, Machine machine, TimeSpan timeout, CancellationToken cancellation)
    {
        // A machine that is being created does not know its address yet; one that runs without has none.
        if (machine is { State: MachineState.Running, Ssh: null }) throw SpeaksNoSsh(machine);
        var display = new ProgressDisplay(call.Screen);
        await display.ShowAsync([machine.Name], async parts =>
        {
            parts[0].Report(new ProgressDisplay.Step(0, "waiting for ssh"));
            return await ReadinessWait.UntilAsync(call, machine, ReadinessRung.Ssh, readiness => MayTry(readiness, call.Screen.Now), timeout,
                reached => parts[0].Report(new ProgressDisplay.Step(Percent(reached.Rung), $"{Words.Of(reached.Rung)} reached, waiting for ssh")), cancellation);
        });
        return await call.Client.GetMachineAsync(machine.Id, cancellation);
    }

    /// <summary>
    /// When it greets. One that ended its way up a while ago without a greeting having been heard may do so all the same; ssh itself
    /// will find out. Not at once: in some guests the SSH server comes after cloud-init.
    /// </summary>
    private static bool MayTry(Readiness readiness, DateTimeOffset now)
        => readiness.Has(ReadinessRung.Ssh) || readiness.Reached.Any(reached => reached.Rung is ReadinessRung.CloudInit && now - reached.At > s_greetingTime);

    private static int Percent(ReadinessRung rung) => rung switch
    {
        ReadinessRung.Process => 10,
        ReadinessRung.Firmware => 30,
        ReadinessRung.Agent => 80,
        ReadinessRung.CloudInit => 90,
        _ => 100,
    };

    private IReadOnlyList<string> ArgumentsFor(Invocation call, Machine machine, SshAddress address, string hostKeyAlias, string? proxy)
    {
        var folder = new MachineFolder(call.Around.ConfigFolder, machine.Id);
        folder.Create();
        if (call.Get(_forget)) File.Delete(folder.KnownHosts);
        var (files, onlyThese) = folder.Offered(call.Keys);
        return SshArguments.Build(address, hostKeyAlias, folder.KnownHosts, files, onlyThese, proxy, call.Get(_command));
    }

    private static WarrenException SpeaksNoSsh(Machine machine)
        => Refusal.Of("unsupported", "No SSH", machine.Image is null
            ? $"{machine.Name} was adopted, and nobody said how it is logged into: use ssh itself, or `warren console {machine.Name}`"
            : $"the image {machine.Image} of {machine.Name} does not speak SSH: use `warren console {machine.Name}`");
}
