namespace Warren.Server.Templates;

/// <summary>What the templates feature adds to the server.</summary>
internal static class TemplatesRegistration
{
    public static void AddTemplates(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(new BuiltInTemplates(BuiltInTemplates.FindFolder(configuration["Templates:Folder"])));
        services.AddScoped<TemplateCommands>();
        services.AddScoped<TemplateLaunch>();
    }
}
