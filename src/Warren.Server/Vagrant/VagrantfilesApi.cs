using Microsoft.AspNetCore.Http.HttpResults;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Templates;
using Warren.Server.Web;

namespace Warren.Server.Vagrant;

/// <summary>The route /vagrantfiles. Nothing is saved.</summary>
internal static class VagrantfilesApi
{
    public static void Map(RouteGroupBuilder api) => api.MapGroup("/vagrantfiles").WithTags("templates")
        .MapPost("/", WriteAsync).WithName("writeVagrantfile").WithMetadata(Repeatable.Instance, Needs.Look, AuditMark.Never).ProducesProblem(400).ProducesProblem(404)
        .WithSummary("Write a Vagrantfile from a template or a machine, for one provider of Vagrant's, or a script for WSL; nothing is saved");

    private static async Task<Ok<Vagrantfile>> WriteAsync(VagrantfileRequest request, WarrenDb db, Caller caller, TemplateLaunch templates, CancellationToken cancellation)
    {
        VagrantRules.Check(request);
        var plan = request.Template is { } template
            ? await OfTemplateAsync(template, caller, templates, cancellation)
            : await OfMachineAsync(await MachinesApi.FindAsync(request.Machine!, db, caller, cancellation), db, cancellation);
        plan = VagrantRules.Complete(plan, request);
        return TypedResults.Ok(request.Hypervisor == VagrantRules.Wsl
            ? new Vagrantfile { FileName = plan.Name + ".ps1", Text = WslScript.Write(plan), Notes = [.. plan.Notes, .. WslScript.Notes(plan)] }
            : Written(plan, VagrantRules.Provider(request.Hypervisor)!));
    }

    private static Vagrantfile Written(VagrantPlan plan, VagrantProvider provider) =>
        new() { FileName = "Vagrantfile", Text = VagrantfileWriter.Write(plan, provider), Notes = [.. plan.Notes, .. provider.Notes(plan)] };

    private static async Task<VagrantPlan> OfTemplateAsync(string wanted, Caller caller, TemplateLaunch templates, CancellationToken cancellation)
    {
        var (reference, text) = await templates.ReadAsync(wanted, cancellation);
        return VagrantPlans.Of(reference, text, caller.UserName);
    }

    private static async Task<VagrantPlan> OfMachineAsync(MachineRow row, WarrenDb db, CancellationToken cancellation)
        => VagrantPlans.Of((await MachineViews.ViewAsync(db, [row], cancellation))[0]);
}
