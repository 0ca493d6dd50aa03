using Microsoft.EntityFrameworkCore;
using Warren.Server.Web;

namespace Warren.Server.Database;

/// <summary>What the database adds to the server: SQLite in the data folder, or PostgreSQL when a connection is configured.</summary>
internal static class DatabaseRegistration
{
    public static void AddDatabase(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<Signals>();
        services.AddDbContextFactory<WarrenDb>((provider, options) =>
        {
            var postgres = configuration["Database:Postgres"];
            if (postgres is { Length: > 0 }) options.UseNpgsql(postgres);
            else options.UseSqlite($"Data Source={provider.GetRequiredService<DataFolder>().Combine("warren.db")};Default Timeout=30");
            // Things are found by id or by name; names never look like ids, so there is one at most.
            options.ConfigureWarnings(w => w.Ignore(Microsoft.EntityFrameworkCore.Diagnostics.CoreEventId.RowLimitingOperationWithoutOrderByWarning,
                Microsoft.EntityFrameworkCore.Diagnostics.CoreEventId.FirstWithoutOrderByAndFilterWarning));
        });
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<WarrenDb>>().CreateDbContext());
    }
}
