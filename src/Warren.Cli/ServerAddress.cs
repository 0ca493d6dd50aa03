using System.Text.Json;
using Warren.Contracts;

namespace Warren.Cli;

/// <summary>Which server to talk to, and with which token.</summary>
internal sealed record ServerAddress(Uri Url, string? Token)
{
    /// <summary>
    /// <c>--server</c>, else WARREN_URL, else what the server on this machine wrote into its data folder, else the default
    /// address. The token is WARREN_TOKEN, else the one in the data folder, which is only ever sent to the server that
    /// wrote it.
    /// </summary>
    public static ServerAddress Find(Surroundings around, string? option)
    {
        var local = ReadLocal(Path.Combine(around.DataFolder, "client.json"));
        var named = option ?? around.Setting("WARREN_URL");
        var url = named is null ? local?.Url ?? WarrenClient.DefaultServer : Parse(named, option is null ? "WARREN_URL" : "--server");
        var token = around.Setting("WARREN_TOKEN") ?? (local is not null && SameServer(local.Url, url) ? local.Token : null);
        return new ServerAddress(url, token);
    }

    public WarrenClient Connect(TimeProvider time) => new(Url, Token, time);

    private static Uri Parse(string text, string source)
        => Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https" && url.Host.Length > 0
                ? new Uri(url.GetLeftPart(UriPartial.Authority))
                : throw Refusal.Invalid(source, $"'{text}' is not an address: write http://HOST:PORT or https://HOST");

    private static bool SameServer(Uri a, Uri b) => Uri.Compare(a, b, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static ServerAddress? ReadLocal(string path)
    {
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = file.RootElement;
            return new ServerAddress(Parse(root.GetProperty("url").GetString()!, path), root.GetProperty("token").GetString());
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            throw Refusal.Of("forbidden", "Token not readable", $"{path} belongs to another user: run as the user that runs the server, or set WARREN_URL and WARREN_TOKEN");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Refusal.Of("internal", "Damaged file", $"{path} is damaged: restart the server, which writes it anew");
        }
    }
}
