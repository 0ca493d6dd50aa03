using Microsoft.AspNetCore.Authorization;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Operations;

namespace Warren.Server.Access;

/// <summary>What a route asks of its caller.</summary>
internal enum Right
{
    /// <summary>To be known.</summary>
    Look,

    /// <summary>To be somebody who may change what is in the current project.</summary>
    Change,

    /// <summary>To act for a user's own account, whatever they may do elsewhere.</summary>
    Account,

    /// <summary>The same with a browser or the command line on the server's machine: what a token could take the account over by.</summary>
    Person,

    /// <summary>To be an administrator.</summary>
    Administer,
}

/// <summary>Says of a route that it asks for another right than its method does.</summary>
internal sealed record Needs(Right Right)
{
    public static readonly Needs Look = new(Right.Look);
    public static readonly Needs Account = new(Right.Account);
    public static readonly Needs Person = new(Right.Person);
    public static readonly Needs Administer = new(Right.Administer);
}

/// <summary>
/// The one place where a caller's rights meet a route: it stands before every route, so that none can forget it. A route
/// that says nothing is looked at by GET and HEAD, and changed by every other method and by a WebSocket.
/// </summary>
internal static class Rights
{
    public static async Task DemandAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            await next(http);
            return;
        }

        var caller = http.RequestServices.GetRequiredService<Caller>();
        if (await SharedMachines.OfAsync(http, caller, RouteOf(endpoint)) is { } shared)
        {
            caller.Use(shared);
            // What is refused is a matter of its project, too.
            AuditDraft.Of(http)?.Saw(new AuditSubject("machine", shared.MachineId, shared.Name, shared.ProjectId));
        }

        Demand(caller, http, endpoint);
        // What changes something may end the very session that it came by; it is short, unless it says otherwise.
        if (IsSafe(http) || endpoint.Metadata.GetMetadata<LongRequest>() is not null) await http.RequestServices.GetRequiredService<OpenStreams>().RunAsync(http, caller, next);
        else await next(http);
    }

    /// <summary>What a route asks for.</summary>
    public static Right Of(Endpoint endpoint, HttpContext http)
        => endpoint.Metadata.GetMetadata<Needs>()?.Right ?? (IsSafe(http) && !http.WebSockets.IsWebSocketRequest ? Right.Look : Right.Change);

    /// <exception cref="RefusedException">The caller came by a token, other than the command line's.</exception>
    public static void DemandPerson(Caller caller, CommandLineToken commandLine)
    {
        if (commandLine.OtherOf(caller) is not null) throw Forbidden("A token does not do this for its user; log a browser in.");
    }

    private static void Demand(Caller caller, HttpContext http, Endpoint endpoint)
    {
        if (caller.IsConfined && !Confinement.Opens(caller, http.Request.Method, RouteOf(endpoint)))
            throw Forbidden("This token is confined to one pool or template; this is outside.");
        if (caller.Shared is { } shared && !SharedMachines.Opens(shared.Role, http.Request.Method, RouteOf(endpoint)))
            throw Forbidden(shared.Role == ProjectRole.Member ? "This machine is shared with you to use it; this is for members of its project." : "This machine is shared with you to look at.");
        var right = Of(endpoint, http);
        if (right != Right.Look && !IsSafe(http) && !caller.MayWrite) throw Forbidden("This token is for reading only.");
        switch (right)
        {
            case Right.Change when !caller.MayChange:
                throw Forbidden(!caller.MayWrite ? "This token is for reading only."
                    : caller.Shared is null ? "You may look at what is in this project, but not change it." : "As a viewer of this server you may look at what is shared with you, but not use it.");
            case Right.Person:
                DemandPerson(caller, http.RequestServices.GetRequiredService<CommandLineToken>());
                break;
            case Right.Administer when !caller.IsAdministrator:
                throw Forbidden("Only administrators may do this.");
        }
    }

    private static string RouteOf(Endpoint endpoint) => (endpoint as RouteEndpoint)?.RoutePattern.RawText ?? "";

    private static bool IsSafe(HttpContext http) => HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);

    private static RefusedException Forbidden(string why) => new(Problems.Forbidden(why));
}
