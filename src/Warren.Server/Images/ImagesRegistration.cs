using Warren.Server.Web;

namespace Warren.Server.Images;

/// <summary>What the images feature adds to the server.</summary>
internal static class ImagesRegistration
{
    public static void AddImages(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(configuration.GetSection(ImageOptions.Section).Get<ImageOptions>() ?? new ImageOptions());
        services.AddSingleton(provider => new ImageStore(
            provider.GetRequiredService<DataFolder>().Combine("images"), provider.GetRequiredService<ImageOptions>()));
        services.AddSingleton<ImageFormat>();
        services.AddScoped<ImageDemand>();
    }
}
