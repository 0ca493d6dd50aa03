using Warren.Hypervisors.Commands;
using Warren.Server.Images.Golden;
using Warren.Server.Images.Golden.Workflows;
using Warren.Server.Images.Sweeps;
using Warren.Server.Images.Uploads;
using Warren.Server.Images.Workflows;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Images;

/// <summary>What the images feature adds to the server.</summary>
internal static class ImagesRegistration
{
    public static void AddImages(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(ImageOptions.Section).Get<ImageOptions>() ?? new ImageOptions();
        services.AddSingleton(options);
        services.AddSingleton(provider => new ImageStore(provider.GetRequiredService<DataFolder>().Combine("images"), options));
        services.AddSingleton(_ => new ImageSources(ImageSources.FindFolder(options)));
        services.AddSingleton(provider => new SignatureCheck(provider.GetRequiredService<CommandRunner>(),
        [
            options.KeyFolder ?? provider.GetRequiredService<DataFolder>().Combine("keyrings"),
            Path.Combine(provider.GetRequiredService<ImageSources>().Folder, "keys"),
        ]));
        services.AddSingleton<DownloadClient>();
        services.AddSingleton<Downloader>();
        services.AddSingleton<CatalogueResolver>();
        services.AddSingleton<ImageFormat>();
        services.AddSingleton<RecipeBuild>();
        services.AddSingleton<FileIntake>();
        services.AddSingleton<StoreCleaner>();
        services.AddScoped<ImageCommands>();
        services.AddScoped<UploadCommands>();
        services.AddSingleton<UploadTurns>();
        services.AddScoped<ImageDemand>();
        services.AddSingleton<Workflow, ImportImage>();
        services.AddSingleton<Workflow, BuildImage>();
        services.AddSingleton<Workflow, DeleteImage>();
        services.AddScoped<GoldenImageCommands>();
        services.AddScoped<GoldenImageDemand>();
        services.AddSingleton<Workflow, BuildGoldenImage>();
        services.AddSingleton<Workflow, FreezeGoldenImage>();
        services.AddSingleton<Workflow, DeleteGoldenImage>();
        services.AddHostedService<CleanStore>();
    }
}
