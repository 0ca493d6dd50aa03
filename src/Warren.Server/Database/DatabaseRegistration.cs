using Microsoft.EntityFrameworkCore;
using Npgsql;
using Warren.Server.Web;

namespace Warren.Server.Database;

/// <summary>What the database adds to the server: SQLite in the data folder, or PostgreSQL when a connection is configured.</summary>
internal static class DatabaseRegistration
{
    private const int ConnectionsPerReplica = 30;

    public static void AddDatabase(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<Signals>();
        services.AddSingleton<WriteTurn>();
        services.AddDbContextFactory<WarrenDb>((provider, options) =>
        {
            var postgres = configuration["Database:Postgres"];
            if (postgres is { Length: > 0 }) options.UseNpgsql(Bounded(postgres));
            else options.AddInterceptors(provider.GetRequiredService<WriteTurn>())
                .UseSqlite($"Data Source={provider.GetRequiredService<DataFolder>().Database()};Default Timeout={WriteTurn.Longest.TotalSeconds}");
            // Things are found by id or by name; names never look like ids, so there is one at most.
            options.ConfigureWarnings(w => w.Ignore(Microsoft.EntityFrameworkCore.Diagnostics.CoreEventId.RowLimitingOperationWithoutOrderByWarning,
                Microsoft.EntityFrameworkCore.Diagnostics.CoreEventId.FirstWithoutOrderByAndFilterWarning));
        });
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<WarrenDb>>().CreateDbContext());
    }

    /// <summary>
    /// Npgsql opens up to 100 connections, PostgreSQL takes 100 in all by default: two replicas in a rush would shut each
    /// other out. Waiting a moment for one of fewer costs less.
    /// </summary>
    private static string Bounded(string postgres)
    {
        var settings = new NpgsqlConnectionStringBuilder(postgres);
        if (!settings.ContainsKey("Maximum Pool Size")) settings.MaxPoolSize = ConnectionsPerReplica;
        return settings.ConnectionString;
    }
}
