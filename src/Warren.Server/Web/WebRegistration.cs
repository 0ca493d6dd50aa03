using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.FileProviders;
using Warren.Contracts;

namespace Warren.Server.Web;

/// <summary>What HTTP itself adds to the server: JSON, problems, the API's description, the pages.</summary>
internal static class WebRegistration
{
    /// <summary>Largest body of an ordinary request; uploads set their own.</summary>
    private const long LargestBody = 1 << 20;

    /// <summary>
    /// noVNC draws on a canvas and shows cursors from data URLs; everything else comes from this server. No inline script
    /// or style, so text from a guest or another user that slips into a page stays text.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    public static void AddWeb(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(new DataFolder(configuration["Data"] is { Length: > 0 } data ? data : DataFolder.DefaultPath()));
        services.AddSingleton<ServerAddress>();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Hypervisors.Commands.CommandRunner>();
        services.Configure<JsonOptions>(options =>
        {
            WarrenJson.Configure(options.SerializerOptions);
            // Of what is asked; an answer of an older server may lack what is new.
            options.SerializerOptions.RespectRequiredConstructorParameters = true;
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, new DefaultJsonTypeInfoResolver { Modifiers = { NoNulls.Modify } });
        });
        services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
            // Who sends a line of a request now and then keeps a connection from nobody for long; bodies have a rate of Kestrel's own (240 bytes a second).
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 << 10;
        });
        services.AddWarrenOpenApi();
    }

    /// <summary>Headers, problems and the Host check; first in the pipeline.</summary>
    public static void UseWeb(this WebApplication app)
    {
        app.Use((http, next) =>
        {
            // Just before it is sent: a refusal's headers are made anew.
            http.Response.OnStarting(() =>
            {
                SetHeaders(http);
                return Task.CompletedTask;
            });
            return next();
        });
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = ProblemWriter.HandleAsync,
            // Refusals are answers, not errors of the server.
            SuppressDiagnosticsCallback = context => ProblemWriter.IsExpected(context.Exception) || context.HttpContext.RequestAborted.IsCancellationRequested,
        });
        app.UseStatusCodePages(ProblemWriter.HandleBareStatusAsync);
    }

    /// <summary>The pages' files. Before authentication: whoever wants to log in needs the login page.</summary>
    public static void UsePageFiles(this WebApplication app)
    {
        if (PageFolder(app) is not { } files) return;
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            // Vite names what is under assets by its content.
            OnPrepareResponse = context => context.Context.Response.Headers.CacheControl =
                context.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache",
        });
    }

    /// <summary>Every unknown path is the application's, which has routes of its own.</summary>
    public static void MapPages(this WebApplication app)
    {
        if (PageFolder(app) is not { } files) return;
        app.MapFallback("{*path:nonfile}", async http =>
        {
            if (http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) || http.Request.Path.StartsWithSegments("/openapi", StringComparison.Ordinal))
            {
                await ProblemWriter.WriteAsync(http, Operations.Problems.NotFound("There is no such route."));
                return;
            }

            http.Response.ContentType = "text/html; charset=utf-8";
            http.Response.Headers.CacheControl = "no-cache";
            await http.Response.SendFileAsync(files.GetFileInfo("index.html"));
        }).AllowAnonymous().ExcludeFromDescription();
    }

    private static void SetHeaders(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), usb=(), payment=()";
        // Half a year; not on loopback, whose other servers share the name.
        if (http.Request.IsHttps && !IsLoopback(http.Request.Host.Host)) headers.StrictTransportSecurity = "max-age=15552000";
        if (http.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) && headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
    }

    private static bool IsLoopback(string host) => host is "localhost" || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out var address) && System.Net.IPAddress.IsLoopback(address));

    private static PhysicalFileProvider? PageFolder(WebApplication app)
    {
        var folder = app.Configuration["Web:Folder"] ?? Path.Combine(AppContext.BaseDirectory, "web");
        return Directory.Exists(folder) ? new PhysicalFileProvider(Path.GetFullPath(folder)) : null;
    }
}
