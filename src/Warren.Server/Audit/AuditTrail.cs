using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Access.OpenId;

namespace Warren.Server.Audit;

/// <summary>
/// The one place where requests are written down: it stands before everything else, so that no route can forget it, and refusals by
/// whatever comes later are seen, too. An entry is in the database before the first byte of the answer leaves: a crash loses at most
/// what nobody was told of.
/// </summary>
internal static class AuditTrail
{
    public static async Task RecordAsync(HttpContext http, RequestDelegate next)
    {
        var draft = AuditActions.Of(http.GetEndpoint(), http.Request.Method) is { } action
            ? new AuditDraft(action, http.Request.Method, ((RouteEndpoint)http.GetEndpoint()!).RoutePattern.RawText!, new RouteValueDictionary(http.Request.RouteValues))
            // No route of ours answers what comes back from the provider.
            : OpenIdRegistration.IsAnswer(http) ? new AuditDraft("session.log-in", http.Request.Method, OpenIdRegistration.CallbackPath, []) : null;
        if (draft is null)
        {
            await next(http);
            return;
        }

        http.Features.Set(draft);
        http.Response.OnStarting(() => WriteAsync(http, draft));
        try
        {
            await next(http);
        }
        finally
        {
            // Whoever asked has gone: nothing is answered, and it was asked all the same.
            if (http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted) await WriteAsync(http, draft);
        }
    }

    private static Task WriteAsync(HttpContext http, AuditDraft draft)
    {
        if (!draft.Take()) return Task.CompletedTask;
        var services = http.RequestServices;
        var entry = draft.Entry(http, services.GetRequiredService<TimeProvider>().GetUtcNow());
        return services.GetRequiredService<Strangers>().Passes(entry, http.AddressBlock()) ? services.GetRequiredService<AuditWriter>().WriteAsync(entry) : Task.CompletedTask;
    }
}

/// <summary>Tells the entry what the route was asked, and what it answered.</summary>
internal sealed class AuditFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (AuditDraft.Of(context.HttpContext) is not { } draft) return await next(context);
        draft.Begin(AuditFields.Of(context.Arguments));
        var result = await next(context);
        var answer = result is INestedHttpResult nested ? nested.Result : result;
        switch (answer)
        {
            case Web.AcceptedOperation accepted:
                draft.Accepted(accepted.Operation);
                break;
            case IValueHttpResult { Value: Lease lease }:
                draft.Made(lease.Id);
                draft.Tell("machine", lease.MachineId);
                break;
            case IValueHttpResult { Value: var value } when AuditFields.IdIn(value) is { } id:
                draft.Made(id);
                break;
        }

        return result;
    }
}
