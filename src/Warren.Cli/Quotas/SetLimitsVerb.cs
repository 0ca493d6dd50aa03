using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Quotas;

/// <summary><c>users limits</c> and <c>projects limits</c>: shows, or sets what is named and leaves the rest.</summary>
internal sealed class SetLimitsVerb : Verb
{
    private readonly QuotaScope _of;
    private readonly Argument<string> _name;
    private readonly Option<string> _machines;
    private readonly Option<string> _running;
    private readonly Option<string> _cpus;
    private readonly Option<string> _memory;
    private readonly Option<string> _disk;
    private readonly Option<string> _snapshots;
    private readonly Option<string> _images;
    private readonly Option<string> _oneRunning;

    public SetLimitsVerb(QuotaScope of) : base("limits", $"Show or set what a {Word(of)} may have; `none` is no limit, `default` the server's. Setting is for administrators",
        $"warren {Word(of)}s limits {(of == QuotaScope.User ? "ann" : "class")}",
        $"warren {Word(of)}s limits {(of == QuotaScope.User ? "ann" : "class")} --machines 3 --memory 8G",
        $"warren {Word(of)}s limits {(of == QuotaScope.User ? "ann" : "class")} --machines none --one-running default")
    {
        _of = of;
        _name = Argument<string>("NAME", of == QuotaScope.User ? "Login name" : "The project");
        _machines = Option<string>("--machines", "Machines, on or off", "N");
        _running = Option<string>("--running", "Machines that are on", "N");
        _cpus = Option<string>("--cpus", "Virtual CPUs of all machines", "N");
        _memory = Option<string>("--memory", "Memory of all machines: 8G, a number of MiB", "SIZE");
        _disk = Option<string>("--disk", "Disks of all machines: 100G, a number of GiB", "SIZE");
        _snapshots = Option<string>("--snapshots", "Snapshots", "N");
        _images = Option<string>("--images", "Images and unfinished uploads: 20G, a number of GiB", "SIZE");
        _oneRunning = Option<string>("--one-running", "Whether each user may have one running machine only", "yes|no|default").AcceptOnlyFromAmong("yes", "no", "default");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var name = call.Get(_name);
        var standing = _of == QuotaScope.User ? await call.Client.GetUserLimitsAsync(name, cancellation) : await call.Client.GetProjectLimitsAsync(name, cancellation);
        var wanted = Changed(call, standing.Set);
        if (wanted != standing.Set)
            standing = _of == QuotaScope.User ? await call.Client.SetUserLimitsAsync(name, wanted, cancellation) : await call.Client.SetProjectLimitsAsync(name, wanted, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(standing);
        else call.Screen.Write(QuotaText.Table(standing, call.Screen.Colour));
        return ExitCode.Ok;
    }

    private Contracts.Quotas Changed(Invocation call, Contracts.Quotas set) => set with
    {
        Machines = QuotaText.Number(call.Get(_machines), "--machines", set.Machines),
        RunningMachines = QuotaText.Number(call.Get(_running), "--running", set.RunningMachines),
        Cpus = QuotaText.Number(call.Get(_cpus), "--cpus", set.Cpus),
        MemoryMiB = QuotaText.MiB(call.Get(_memory), "--memory", set.MemoryMiB),
        DiskGiB = QuotaText.GiB(call.Get(_disk), "--disk", set.DiskGiB),
        Snapshots = QuotaText.Number(call.Get(_snapshots), "--snapshots", set.Snapshots),
        ImageBytes = QuotaText.BytesOfGiB(call.Get(_images), "--images", set.ImageBytes),
        OneRunningMachine = call.Get(_oneRunning) switch { "yes" => true, "no" => false, "default" => null, _ => set.OneRunningMachine },
    };

    private static string Word(QuotaScope of) => of == QuotaScope.User ? "user" : "project";
}
