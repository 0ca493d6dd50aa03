using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Warren.Server.Tests.Images;

/// <summary>A real web server on loopback, with a handler for each path; remembers what it was asked.</summary>
public sealed class LocalWeb : IAsyncDisposable
{
    private readonly WebApplication host;

    private LocalWeb(WebApplication app) => host = app;

    public ConcurrentDictionary<string, RequestDelegate> Routes { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<(string Path, Dictionary<string, string> Headers)> Requests { get; } = new();

    public Uri Base { get; private set; } = null!;

    public static async Task<LocalWeb> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // The server's appsettings.json lies in the same folder and allows its own host names only.
        builder.Configuration["AllowedHosts"] = "*";
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(k => k.Limits.MinResponseDataRate = null);
        var app = builder.Build();
        var web = new LocalWeb(app);
        app.Run(async context =>
        {
            var path = context.Request.Path.Value!;
            web.Requests.Enqueue((path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            if (web.Routes.TryGetValue(path, out var handler)) await handler(context);
            else context.Response.StatusCode = 404;
        });
        await app.StartAsync();
        web.Base = new Uri(app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return web;
    }

    public Uri this[string path] => new(Base, path);

    /// <summary>Serves bytes with ETag and ranges, as distributions' servers do.</summary>
    public void Serve(string path, byte[] content, string tag = "\"v1\"") => Routes[path] = context =>
        Results.Bytes(content, "application/octet-stream", entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue(tag), enableRangeProcessing: true).ExecuteAsync(context);

    public void Serve(string path, string content) => Serve(path, System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>Serves an Apache-like listing of a folder.</summary>
    public void ServeListing(string folder, params string[] names) => Routes[folder] = context =>
    {
        context.Response.ContentType = "text/html";
        var rows = string.Concat(names.Select(n => $"<img src=\"/icons/unknown.gif\"> <a href=\"{n}\">{n}</a> 2026-07-12 10:00\n"));
        return context.Response.WriteAsync($"<html><body><h1>Index of {folder}</h1><pre><a href=\"?C=N;O=D\">Name</a><hr><a href=\"../\">Parent Directory</a>\n{rows}</pre></body></html>");
    };

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(new CancellationToken(true));
        await host.DisposeAsync();
    }
}
