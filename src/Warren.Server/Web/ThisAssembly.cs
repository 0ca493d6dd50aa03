namespace Warren.Server.Web;

/// <summary>What this build says of itself.</summary>
internal static class ThisAssembly
{
    public static string Version { get; } = typeof(ThisAssembly).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
