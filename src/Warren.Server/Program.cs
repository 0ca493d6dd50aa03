using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Access.OpenId;
using Warren.Server.Audit;
using Warren.Server.Consoles;
using Warren.Server.Consoles.Connections;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Consoles.Sharing;
using Warren.Server.Database;
using Warren.Server.Events;
using Warren.Server.Hosts;
using Warren.Server.Images;
using Warren.Server.Images.Golden;
using Warren.Server.Images.Uploads;
using Warren.Server.Keys;
using Warren.Server.Machines;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Pools;
using Warren.Server.Quotas;
using Warren.Server.Snapshots;
using Warren.Server.Templates;
using Warren.Server.Vagrant;
using Warren.Server.Web;

namespace Warren.Server;

/// <summary>The server's table of contents.</summary>
internal static class Program
{
    public static async Task Main(string[] args)
    {
        await using var app = Build(args);
        await Console.Out.WriteLineAsync(await app.StartWarrenAsync());
        await app.WaitForShutdownAsync();
    }

    /// <summary>Puts the server together.</summary>
    /// <param name="args">Configuration as <c>--Section:Name=value</c>.</param>
    /// <param name="adjust">Tests replace the clock and the like here.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? adjust = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables("WARREN__").AddCommandLine(args);
        if (builder.Configuration["urls"] is null) builder.WebHost.UseUrls("http://127.0.0.1:7878");
        builder.WebHost.UseKestrelHttpsConfiguration();

        builder.Services.AddWeb(builder.Configuration);
        builder.Services.AddDatabase(builder.Configuration);
        builder.Services.AddAudit(builder.Configuration);
        builder.Services.AddAccess(builder.Configuration);
        builder.Services.AddQuotas(builder.Configuration);
        builder.Services.AddOperations(builder.Configuration);
        builder.Services.AddEvents();
        builder.Services.AddHosts(builder.Configuration);
        builder.Services.AddNetworks(builder.Configuration);
        builder.Services.AddKeys();
        builder.Services.AddImages(builder.Configuration);
        builder.Services.AddTemplates(builder.Configuration);
        builder.Services.AddMachines(builder.Configuration);
        builder.Services.AddPools(builder.Configuration);
        builder.Services.AddConsoles();
        builder.Services.AddRecordings(builder.Configuration);

        adjust?.Invoke(builder);

        var app = builder.Build();
        app.UseProxies();
        app.Use(AuditTrail.RecordAsync);
        app.UseWeb();
        app.UseHostFiltering();
        app.Use(DirectOutput.OfferAsync);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(20) });
        app.UsePageFiles();
        app.Use(OpenIdRegistration.LimitAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(Rates.LimitAsync);
        app.Use(Rights.DemandAsync);

        var api = app.MapGroup("/api/v1").AddEndpointFilter<RaceFilter>().AddEndpointFilter<AuditFilter>().AddEndpointFilter<IdempotencyFilter>();
        api.MapGet("/health", () => TypedResults.Ok(new Health("ok", ThisAssembly.Version)))
            .AllowAnonymous().WithTags("access").WithName("getHealth").WithSummary("Whether the server answers");
        SessionApi.Map(api);
        SignUpApi.Map(api);
        AccountApi.Map(api);
        OpenIdApi.Map(api);
        TokensApi.Map(api);
        UsersApi.Map(api);
        ProjectsApi.Map(api);
        QuotasApi.Map(api);
        HostsApi.Map(api);
        KeysApi.Map(api);
        ImagesApi.Map(api);
        UploadsApi.Map(api);
        GoldenImagesApi.Map(api);
        MachinesApi.Map(api);
        MachineUsersApi.Map(api);
        SnapshotsApi.Map(api);
        TemplatesApi.Map(api);
        VagrantfilesApi.Map(api);
        PoolsApi.Map(api);
        ClaimsApi.Map(api);
        ConsolesApi.Map(api);
        ScreensApi.Map(api);
        ConnectionsApi.Map(api);
        SharingApi.Map(api);
        PortsApi.Map(api);
        RecordingsApi.Map(api);
        OperationsApi.Map(api);
        EventsApi.Map(api);
        AuditApi.Map(api);
        app.MapOpenApi().AllowAnonymous();
        app.MapPages();
        return app;
    }
}
