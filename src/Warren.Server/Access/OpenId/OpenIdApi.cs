using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Access.OpenId;

/// <summary>Routes by which a browser goes to the provider, and what one is connected with there.</summary>
internal static class OpenIdApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("").WithTags("access");
        group.MapGet("/session/provider", LogInAsync).AllowAnonymous().WithName("logInByProvider").WithMetadata(Rate.LogIn).Produces(302).ProducesProblem(404).ProducesProblem(429)
            .WithSummary("Send this browser to the OpenID Connect provider, to log in there");
        group.MapGet("/account/identities", ListAsync).WithName("listIdentities").WithMetadata(Needs.Account).WithSummary("Who you are at the OpenID Connect provider");
        group.MapPost("/account/identities/connect", PermitAsync).WithName("connectIdentity").WithMetadata(Needs.Person, NoReplay.Instance).WithMetadata(Rate.LogIn).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Where to send this browser, to log in by the provider from now on; takes the present password, if there is one");
        group.MapGet("/account/identities/connect", ConnectAsync).WithName("visitProvider").WithMetadata(Needs.Person).WithMetadata(Rate.LogIn).Produces(302).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Send this browser there");
        group.MapPost("/account/identities", AddAsync).WithName("addIdentity").WithMetadata(Needs.Person).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Take what the provider said of this browser's user");
        group.MapDelete("/account/identities/{identity}", RemoveAsync).WithName("deleteIdentity").WithMetadata(Needs.Person).ProducesProblem(404)
            .WithSummary("Log in by the provider no more");
    }

    private static Task<EmptyHttpResult> LogInAsync(IServiceProvider services, HttpContext http)
    {
        Demand(services);
        return VisitAsync(services, http, null);
    }

    private static async Task<Ok<ProviderVisit>> PermitAsync(
        ConnectIdentityRequest request, IServiceProvider services, WarrenDb db, Caller caller, Passwords passwords, Lockout lockout, HttpContext http, TimeProvider clock, CancellationToken cancellation)
    {
        Demand(services);
        var user = await AccountApi.FindAsync(db, caller, cancellation);
        if (user.Kind != UserKind.Person) throw new RefusedException(Problems.IllegalState("A service account has no browser to log in."));
        if (await AccountApi.NeedsCurrentAsync(user, db, caller, clock, cancellation)) await AccountApi.DemandCurrentAsync(user, request.Current, passwords, lockout, http, cancellation);
        var permit = services.GetRequiredService<OpenIdTickets>().Permit(SessionOf(caller));
        return TypedResults.Ok(new ProviderVisit($"/api/v1/account/identities/connect?permit={Uri.EscapeDataString(permit)}"));
    }

    /// <summary>A page of another server on this host could send a browser here; it has no permit for its session.</summary>
    private static Task<EmptyHttpResult> ConnectAsync(string permit, IServiceProvider services, HttpContext http, Caller caller)
    {
        Demand(services);
        var session = SessionOf(caller);
        if (services.GetRequiredService<OpenIdTickets>().ReadPermit(permit) != session) throw new RefusedException(Problems.Forbidden("Begin on the page of your account."));
        return VisitAsync(services, http, session);
    }

    private static async Task<Created<Identity>> AddAsync(AddIdentityRequest request, IServiceProvider services, Caller caller, CancellationToken cancellation)
    {
        Demand(services);
        var row = await services.GetRequiredService<OpenIdLogIn>().ConnectAsync(request.Ticket, caller.UserId, SessionOf(caller), cancellation);
        return TypedResults.Created((string?)null, View(row));
    }

    private static string SessionOf(Caller caller) => Credentials.Of(caller.Credential, "session") ?? throw new RefusedException(Problems.IllegalState("Only a browser that is logged in can be sent there."));

    private static Identity View(IdentityRow row) => new(row.Id, row.Issuer, row.Label, row.CreatedAt, row.LastUsedAt);

    private static void Demand(IServiceProvider services)
    {
        if (services.GetService<OpenIdSettings>() is null) throw new RefusedException(Problems.NotFound("No OpenID Connect provider is set up here."));
    }

    private static async Task<Ok<Page<Identity>>> ListAsync(WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var user = caller.UserId;
        var rows = await db.Identities.AsNoTracking().Where(i => i.UserId == user).OrderBy(i => i.Id).ToListAsync(cancellation);
        return TypedResults.Ok(new Page<Identity>([.. rows.Select(View)], null));
    }

    private static async Task<NoContent> RemoveAsync(string identity, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var user = caller.UserId;
        return await db.TransactAsync(() => db.Identities.Where(i => i.UserId == user && i.Id == identity).ExecuteDeleteAsync(cancellation), cancellation) == 0
            ? throw new RefusedException(Problems.NotFound($"There is no identity '{identity}'."))
            : TypedResults.NoContent();
    }

    private static async Task<EmptyHttpResult> VisitAsync(IServiceProvider services, HttpContext http, string? connect)
    {
        var properties = new AuthenticationProperties { RedirectUri = "/" };
        if (connect is not null) properties.SetString(OpenIdLogIn.Connect, connect);
        try
        {
            await http.ChallengeAsync(OpenIdRegistration.SchemeName, properties);
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException or IOException && !http.Response.HasStarted)
        {
            services.GetRequiredService<ILogger<OpenIdLogIn>>().LogWarning("The provider cannot be asked: {Failure}", (e.InnerException ?? e).Message);
            http.Response.Redirect(connect is null ? OpenIdLogIn.Refused("provider") : "/account?refused=provider");
        }

        return TypedResults.Empty;
    }
}
