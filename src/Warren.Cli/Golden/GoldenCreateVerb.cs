using System.CommandLine;
using Warren.Cli.Arguments;
using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Golden;

internal sealed class GoldenCreateVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<string> _machine;
    private readonly Option<string> _kind;
    private readonly Option<string> _prepare;
    private readonly Option<bool> _byHand;
    private readonly Option<string> _description;
    private readonly Option<bool> _noWait;

    public GoldenCreateVerb() : base("create", "Make the next version of a golden image from a machine",
        "warren golden create dev --machine web --kind warm",
        "warren golden create dev --machine web --kind disk --prepare setup.sh --description 'with the toolchain'",
        "warren golden create dev --machine web --kind warm --by-hand")
    {
        _name = Argument<string>("NAME", "Name of the golden image");
        _machine = Option<string>("--machine", "The machine that it is made from", "NAME", "-m");
        _machine.Required = true;
        _kind = Option<string>("--kind", "disk: what is made from it boots; warm: with memory, what is made from it goes on at once", "disk|warm", "-k");
        _kind.Required = true;
        _kind.AcceptOnlyFromAmong("disk", "warm");
        _prepare = Option<string>("--prepare", "Shell script that its agent runs first, as root; - reads standard input", "FILE");
        _byHand = Option<bool>("--by-hand", "Wait until somebody has prepared it and says `warren golden ready`");
        _description = Option<string>("--description", "Anything worth knowing", "TEXT");
        _noWait = Option<bool>("--no-wait", "Print the operation and do not wait for it");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new CreateGoldenImageRequest
        {
            Name = call.Get(_name),
            Machine = call.Get(_machine)!,
            Kind = call.Get(_kind) is "warm" ? GoldenImageKind.Warm : GoldenImageKind.Disk,
            Prepare = await Scripts.ReadAsync(call, "--prepare", call.Get(_prepare), cancellation),
            MarkReadyByHand = call.Get(_byHand),
            Description = call.Get(_description),
        };
        return await Following.ShowAsync(call, await call.Client.CreateGoldenImageAsync(request, cancellation), !call.Get(_noWait), call.Client.GetGoldenImageAsync, GoldenText.Properties, cancellation);
    }
}
