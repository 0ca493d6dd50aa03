namespace Warren.Server.Keys;

/// <summary>What keys add to the server.</summary>
internal static class KeysRegistration
{
    public static void AddKeys(this IServiceCollection services) => services.AddSingleton<KeyMaker>();
}
