using System.Data.Common;
using System.Reflection;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace Warren.Server.Database;

/// <summary>
/// Brings the schema up to date: runs each <c>Migrations/NNNN_name.sql</c> once, in order, all of them in one
/// transaction, so that a kill at any moment leaves the old schema or the new one. The SQL is the common part of SQLite
/// and PostgreSQL; see docs/adr/0002-one-schema-two-databases.md.
/// </summary>
internal static class Migrator
{
    public static async Task MigrateAsync(WarrenDb db, CancellationToken cancellation)
    {
        var connection = db.Database.GetDbConnection();
        await db.Database.OpenConnectionAsync(cancellation);
        if (!db.IsPostgres) await ExecuteAsync(connection, null, "pragma journal_mode = wal", cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Two replicas may start at once; SQLite's transaction is a lock already.
        if (db.IsPostgres) await ExecuteAsync(connection, transaction, "select pg_advisory_xact_lock(7879)", cancellation);
        await ExecuteAsync(connection, transaction, "create table if not exists schema_migrations (name text primary key)", cancellation);
        var done = await DoneAsync(connection, transaction, cancellation);
        foreach (var (name, sql) in All())
        {
            if (done.Contains(name)) continue;
            await ExecuteAsync(connection, transaction, Translate(sql, db.IsPostgres), cancellation);
            await ExecuteAsync(connection, transaction, $"insert into schema_migrations (name) values ('{name}')", cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Every migration by name, in order.</summary>
    public static IEnumerable<(string Name, string Sql)> All()
    {
        var assembly = Assembly.GetExecutingAssembly();
        const string marker = ".Migrations.";
        foreach (var resource in assembly.GetManifestResourceNames()
                     .Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (resource[(resource.IndexOf(marker, StringComparison.Ordinal) + marker.Length)..], reader.ReadToEnd());
        }
    }

    /// <summary>
    /// What the two databases spell differently: a number that rises by itself, and triggers, which stand behind a line
    /// <c>-- ON sqlite</c> or <c>-- ON postgres</c> up to the next such line or the end.
    /// </summary>
    private static string Translate(string sql, bool postgres)
    {
        const string on = "-- ON ";
        var (own, kept) = (true, new StringBuilder());
        foreach (var line in sql.Split('\n'))
        {
            if (line.StartsWith(on, StringComparison.Ordinal)) own = line[on.Length..].Trim() == (postgres ? "postgres" : "sqlite");
            else if (own) kept.Append(line).Append('\n');
        }

        return kept.Replace("SERIAL_KEY", postgres ? "bigint generated always as identity primary key" : "integer primary key autoincrement").ToString();
    }

    private static async Task<HashSet<string>> DoneAsync(DbConnection connection, DbTransaction transaction, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "select name from schema_migrations";
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation)) names.Add(reader.GetString(0));
        return names;
    }

    private static async Task ExecuteAsync(DbConnection connection, DbTransaction? transaction, string sql, CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Texts from this assembly only.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
