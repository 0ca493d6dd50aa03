using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>A request as it came, after the login was judged.</summary>
internal sealed record ServerRequest(string Method, string Route, IReadOnlyDictionary<string, string[]> Values, string? FileName)
{
    internal string this[string name] => Values[name][0];

    internal string? Maybe(string name) => Values.TryGetValue(name, out var values) ? values[0] : null;

    internal bool Flag(string name) => Maybe(name) is "1" or "true" or "yes" or "on";
}

/// <summary>A refusal with the status and the words of the real one.</summary>
internal sealed class ServerRefusal(int status, string message) : Exception(message)
{
    internal int Status { get; } = status;
}

/// <summary>
/// A Proxmox VE on loopback with a certificate of its own: real HTTPS, the published schema as its judge, and as much of a
/// cluster as the driver uses. What a request may not have it refuses, as the real one does.
/// </summary>
internal sealed partial class FakeProxmox : IAsyncDisposable
{
    internal const string Token = "warren@pve!tests=6f0d5c2e-8f6f-4d5e-9a55-1f1f0c7a1b2c";
    internal const string User = "warren@pve";
    internal const string Password = "p&ss=w%rd +\"ü'";

    private static readonly ApiSchema s_schema = new();
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _tickets = new(StringComparer.Ordinal);

    private FakeProxmox(WebApplication app, X509Certificate2 certificate, string folder) => (_app, Certificate, Folder) = (app, certificate, folder);

    internal X509Certificate2 Certificate { get; }

    internal string Folder { get; }

    internal Uri Address => new(_app.Urls.First());

    internal string Fingerprint => Certificate.GetCertHashString(HashAlgorithmName.SHA256);

    internal ConcurrentQueue<ServerRequest> Seen { get; } = new();

    internal int Logins { get; private set; }

    /// <summary>Answers before anything else does, where it says something.</summary>
    internal Func<ServerRequest, ServerRefusal?> Refuse { get; set; } = _ => null;

    /// <summary>Nodes that cannot be reached from the one that answers.</summary>
    internal HashSet<string> Away { get; } = [];

    internal static async Task<FakeProxmox> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pve", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.Limits.MaxRequestBodySize = null;
            o.Listen(IPAddress.Loopback, 0, l =>
            {
                l.Protocols = HttpProtocols.Http1;
                l.UseHttps(certificate);
            });
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        var app = builder.Build();
        var server = new FakeProxmox(app, certificate, Directory.CreateTempSubdirectory("fpve").FullName);
        app.UseWebSockets();
        app.Run(server.ServeAsync);
        await app.StartAsync();
        return server;
    }

    internal void ExpireTickets() => _tickets.Clear();

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in Machines) machine.Run.Cancel();
        foreach (var task in Tasks) task.Stop();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Task.WhenAll(_working.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var task in Tasks) task.Dispose();
        Certificate.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task ServeAsync(HttpContext context)
    {
        try
        {
            var request = await JudgeAsync(context);
            Seen.Enqueue(request);
            if (Refuse(request) is { } refusal) throw refusal;
            if (request.Maybe("node") is { } node)
            {
                if (!NodeNames.Contains(node)) throw new ServerRefusal(500, $"hostname lookup '{node}' failed - failed to get address info for: {node}: Name or service not known");
                if (Away.Contains(node)) throw new ServerRefusal(595, "No route to host");
            }

            if (request.Route == "GET /nodes/{node}/qemu/{vmid}/vncwebsocket")
            {
                await ScreenAsync(context, request);
                return;
            }

            await WriteAsync(context, 200, new JsonObject { ["data"] = await AnswerAsync(request) });
        }
        catch (OperationCanceledException)
        {
            // Answered already, or nobody waits.
        }
        catch (ServerRefusal refusal)
        {
            await RefuseAsync(context, refusal);
        }
        catch (Exception gone) when (gone is DirectoryNotFoundException or FileNotFoundException && !context.Response.HasStarted)
        {
            // The guest went down, or its machine was deleted, while its agent worked.
            await RefuseAsync(context, new ServerRefusal(500, "QEMU guest agent is not running"));
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            // Else a test would see a refusal without words and look for its cause in the driver.
            await RefuseAsync(context, new ServerRefusal(500, "the imitation failed: " + fault));
        }
    }

    private async Task<ServerRequest> JudgeAsync(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        if (!raw.StartsWith("/api2/json/", StringComparison.Ordinal)) throw new ServerRefusal(404, "no such file");
        var segments = raw["/api2/json/".Length..].Split('/').Select(Uri.UnescapeDataString).ToArray();
        var method = context.Request.Method;
        if (s_schema.Find(method, segments) is not var (route, inPath)) throw new ServerRefusal(501, $"Method '{method} {raw}' not implemented");
        if (route != "POST /access/ticket") CheckLogin(context.Request);
        var values = inPath.ToDictionary(p => p.Key, p => new[] { p.Value }, StringComparer.Ordinal);
        var file = await ReadAsync(context.Request, values);
        if (s_schema.Judge(route, values) is { Count: > 0 } errors)
        {
            var listed = new JsonObject();
            foreach (var (name, error) in errors) listed[name] = error;
            context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = "Parameter verification failed.";
            await WriteAsync(context, 400, new JsonObject { ["data"] = null, ["errors"] = listed, ["message"] = "Parameter verification failed.\n" });
            throw new OperationCanceledException("answered");
        }

        return new ServerRequest(method, route, values, file);
    }

    /// <summary>A token alone; or a ticket, and with what changes something the matching protection against forged requests.</summary>
    private void CheckLogin(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.Length > 0)
        {
            if (authorization != "PVEAPIToken=" + Token) throw new ServerRefusal(401, "invalid token value!");
            return;
        }

        if (request.Cookies["PVEAuthCookie"] is not { } ticket) throw new ServerRefusal(401, "No ticket");
        if (!_tickets.TryGetValue(ticket, out var csrf)) throw new ServerRefusal(401, "invalid PVE ticket");
        if (request.Method != "GET" && request.Headers["CSRFPreventionToken"] != csrf) throw new ServerRefusal(401, "Permission denied - invalid csrf token");
    }

    private async Task<string?> ReadAsync(HttpRequest request, Dictionary<string, string[]> values)
    {
        foreach (var (name, value) in request.Query) Add(name, value.ToArray()!);
        if (request.Method is "GET" or "DELETE" || request.ContentLength is 0) return null;
        // The real reader of uploads insists on a length.
        if (request.ContentLength is null) throw new ServerRefusal(411, "chunked transfer encoding not supported");
        if (!request.HasFormContentType) throw new ServerRefusal(415, "unsupported content type");
        var form = await request.ReadFormAsync();
        foreach (var (name, value) in form) Add(name, value.ToArray()!);
        if (form.Files.Count == 0) return null;
        var file = form.Files.Single();
        values["filename"] = [file.FileName];
        var path = Path.Combine(Folder, Guid.NewGuid().ToString("n"));
        await using (var target = File.Create(path)) await file.CopyToAsync(target);
        return path;

        void Add(string name, string[] value)
        {
            if (!values.TryAdd(name, value)) values[name] = [.. values[name], .. value];
        }
    }

    private JsonObject Login(ServerRequest request)
    {
        if (request["username"] != User || request["password"] != Password) throw new ServerRefusal(401, "authentication failure");
        Logins++;
        // Real ones have colons, slashes and plus signs, too.
        var ticket = $"PVE:{User}:{Logins:X8}::a/b+c=";
        _tickets[ticket] = $"csrf{Logins}";
        return new JsonObject { ["ticket"] = ticket, ["CSRFPreventionToken"] = $"csrf{Logins}", ["username"] = User };
    }

    private static async Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json;charset=UTF-8";
        await context.Response.WriteAsync(body.ToJsonString());
    }

    private static Task RefuseAsync(HttpContext context, ServerRefusal refusal)
    {
        context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = new string([.. refusal.Message.Select(c => c is >= ' ' and < '\x7f' ? c : ' ')]);
        return WriteAsync(context, refusal.Status, new JsonObject { ["data"] = null, ["message"] = refusal.Message + "\n" });
    }

    private async Task ScreenAsync(HttpContext context, ServerRequest request)
    {
        var machine = Require(request);
        if (!_screens.TryRemove(request["vncticket"], out var password)) throw new ServerRefusal(401, "invalid PVEVNC ticket");
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains("binary")) throw new ServerRefusal(400, "unable to upgrade");
        using var socket = await context.WebSockets.AcceptWebSocketAsync("binary");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(machine.Run.Token, context.RequestAborted);
        await ServerScreen.ServeAsync(socket, password, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
