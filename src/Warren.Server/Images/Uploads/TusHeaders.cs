using System.Globalization;
using System.Text;
using Warren.Contracts;
using Warren.Server.Operations;

namespace Warren.Server.Images.Uploads;

/// <summary>Headers of the tus protocol: read with their rules, and sent.</summary>
internal static class TusHeaders
{
    public const string Extensions = "creation,creation-with-upload,termination,expiration";

    private const int LongestMetadata = 8 << 10;

    /// <summary>A number that must be there.</summary>
    /// <exception cref="RefusedException">It is not there, or is no number that could be one.</exception>
    public static long Number(HttpRequest request, string name) => Find(request, name) ?? throw Refuse(name, "is required");

    public static long? Find(HttpRequest request, string name)
    {
        if (request.Headers[name].ToString() is not { Length: > 0 } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Refuse(name, "must be a whole number that is not negative");
    }

    /// <summary>What the upload is said to be.</summary>
    public static UploadRequest Request(HttpRequest request)
    {
        if (request.Headers["Upload-Defer-Length"].Count > 0) throw Refuse(Tus.Length, "must be known from the start");
        var told = Metadata(request.Headers[Tus.Metadata].ToString());
        foreach (var name in told.Keys.Except(["name", "filename", "filetype", "checksum", "format", "defaultUser", "insecure"], StringComparer.Ordinal)) throw Refuse(Tus.Metadata, $"there is no '{name}'");
        var insecure = told.GetValueOrDefault("insecure") ?? "false";
        if (insecure is not ("true" or "false")) throw Refuse("insecure", "must be true or false");
        return new UploadRequest(told.GetValueOrDefault("name") ?? throw Refuse("name", "is required"), Number(request, Tus.Length), Given("filename"), Given("checksum"), Given("format"), Given("defaultUser"), insecure == "true");

        string? Given(string name) => told.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
    }

    /// <summary>What each answer has.</summary>
    public static void Send(HttpResponse response, UploadRow row, long offset)
    {
        response.Headers[Tus.Offset] = offset.ToString(CultureInfo.InvariantCulture);
        response.Headers[Tus.Expires] = (row.UpdatedAt + UploadRow.Life).ToString("R", CultureInfo.InvariantCulture);
        if (row.OperationId is { } operation) response.Headers[Tus.Operation] = operation;
    }

    private static Dictionary<string, string> Metadata(string text)
    {
        if (text.Length > LongestMetadata) throw Refuse(Tus.Metadata, $"at most {LongestMetadata} characters");
        var told = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split(' ', 2);
            try
            {
                if (!told.TryAdd(parts[0], parts.Length == 1 ? "" : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(parts[1])))) throw Refuse(Tus.Metadata, $"'{parts[0]}' is there twice");
            }
            catch (Exception e) when (e is FormatException or DecoderFallbackException)
            {
                throw Refuse(Tus.Metadata, $"'{parts[0]}' is not text in base64");
            }
        }

        return told;
    }

    private static RefusedException Refuse(string field, string rule) => new(Problems.Validation(field, rule));
}
