using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Warren.Contracts;

namespace Cli.Tests;

/// <summary>A real HTTP server on a free port of loopback that speaks the routes a test gives it.</summary>
internal sealed class LittleServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LittleServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.Single());

    public ConcurrentQueue<Seen> Requests { get; } = [];

    /// <param name="map">Adds the routes, below <c>/api/v1</c>.</param>
    /// <param name="port">A fixed port, to come back on it after a stop; a free one when 0.</param>
    public static async Task<LittleServer> StartAsync(Action<RouteTable> map, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.ConfigureHttpJsonOptions(json => WarrenJson.Configure(json.SerializerOptions));
        var app = builder.Build();
        var server = new LittleServer(app);
        app.Use(async (context, next) =>
        {
            var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            server.Requests.Enqueue(new Seen(context.Request.Method, context.Request.Path, context.Request.QueryString.Value ?? "", headers));
            await next();
        });
        app.UseWebSockets();
        map(new RouteTable(app));
        await app.StartAsync();
        return server;
    }

    public IReadOnlyList<Seen> Of(string method, string path) => [.. Requests.Where(r => r.Method == method && r.Path == "/api/v1" + path)];

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    internal sealed record Seen(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers);

    /// <summary>Routes below <c>/api/v1</c>.</summary>
    internal sealed class RouteTable(WebApplication app)
    {
        public RouteTable Get(string path, Delegate handler)
        {
            app.MapGet("/api/v1" + path, handler);
            return this;
        }

        public RouteTable Post(string path, Delegate handler)
        {
            app.MapPost("/api/v1" + path, handler);
            return this;
        }

        public RouteTable Patch(string path, Delegate handler)
        {
            app.MapPatch("/api/v1" + path, handler);
            return this;
        }

        public RouteTable Head(string path, Delegate handler)
        {
            app.MapMethods("/api/v1" + path, ["HEAD"], handler);
            return this;
        }

        public RouteTable Put(string path, Delegate handler)
        {
            app.MapPut("/api/v1" + path, handler);
            return this;
        }

        public RouteTable Delete(string path, Delegate handler)
        {
            app.MapDelete("/api/v1" + path, handler);
            return this;
        }
    }

    public static IResult Refuse(string kind, int status, string? detail = null, Dictionary<string, string[]>? errors = null)
        => Results.Json(new Problem("urn:warren:problem:" + kind, kind, status, detail) { Errors = errors }, WarrenJson.Options, "application/problem+json", status);

    /// <summary>Writes server-sent events, each as it is given.</summary>
    public static async Task SendEventsAsync(HttpContext context, IEnumerable<string> events)
    {
        if (!context.Response.HasStarted) context.Response.ContentType = "text/event-stream";
        foreach (var text in events)
        {
            await context.Response.WriteAsync(text + "\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
