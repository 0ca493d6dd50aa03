using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Web;

/// <summary>ETag and If-Match (RFC 9110, 13.1.1) from a row's version.</summary>
internal static class ETags
{
    public static void Send(HttpContext http, IVersioned row) => http.Response.Headers.ETag = Of(row);

    /// <exception cref="RefusedException">The caller read an older version.</exception>
    public static void Demand(HttpContext http, IVersioned row)
    {
        var wanted = http.Request.Headers.IfMatch.ToString();
        if (wanted.Length == 0 || wanted == "*" || wanted.Split(',', StringSplitOptions.TrimEntries).Contains(Of(row))) return;
        throw new RefusedException(Problems.Of("precondition-failed", 412, "It has changed", $"If-Match: the current version is {Of(row)}"));
    }

    private static string Of(IVersioned row) => $"\"{row.Version}\"";
}
