using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;

namespace Warren.Server.Web;

/// <summary>
/// Runs a change again that lost a race for a row's version: to a look at the machine, say, which writes the same row. Nothing of
/// the first run was committed, and the next one reads the row anew, a caller's If-Match included.
/// </summary>
internal sealed class RaceFilter : IEndpointFilter
{
    private const int Tries = 20;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var once = HttpMethods.IsGet(context.HttpContext.Request.Method) || context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<Repeatable>() is not null;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await next(context);
            }
            catch (DbUpdateConcurrencyException) when (!once && attempt < Tries)
            {
                context.HttpContext.RequestServices.GetRequiredService<WarrenDb>().ChangeTracker.Clear();
            }
        }
    }
}
