using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Bench;

/// <summary>Pages of machines and operations among many, beside GET /health on the same server in the same run.</summary>
internal static class ListLatency
{
    private const string Health = "GET /health";
    private const int WarmUp = 100;

    public static async Task RunAsync(int machines, int requests)
    {
        await RunAsync("SQLite", null, machines, requests);
        if (!PostgresServer.IsInstalled)
        {
            Console.WriteLine("\nList latency on PostgreSQL: not measured, PostgreSQL is not installed (eng/install test installs it)");
            return;
        }

        await using var postgres = await PostgresServer.StartAsync();
        await RunAsync("PostgreSQL 15, unix socket, fsync off", await postgres.CreateDatabaseAsync(), machines, requests);
    }

    private static async Task RunAsync(string database, string? postgres, int machines, int requests)
    {
        using var scratch = new Scratch();
        string[] settings = ["Hypervisor=fake", .. postgres is null ? Array.Empty<string>() : [$"Database:Postgres={postgres}"]];
        await using var server = await ServerUnderTest.StartAsync(Path.Combine(scratch.Path, "d"), null, settings);
        await ManyRows.InsertAsync(server, machines);
        await using (var db = server.Db())
        {
            Console.WriteLine($"\nList latency, {database}: {await db.Machines.CountAsync()} machines, {await db.Operations.CountAsync()} operations, "
                + $"{await db.Events.CountAsync()} events; {requests} requests each, interleaved, one client over loopback HTTP");
        }

        var deep = await CursorAtAsync(server, machines * 9 / 10);
        (string Name, string Path)[] paths =
        [
            (Health, "health"),
            ("GET /machines?limit=50, first page", "machines?limit=50"),
            ($"GET /machines?limit=50, after row {machines * 9 / 10}", $"machines?limit=50&after={deep}"),
            ("GET /machines/{name}", $"machines/bench-{machines / 2}"),
            ("GET /operations?limit=50, first page", "operations?limit=50"),
            ("GET /operations?subject={name}", $"operations?subject=bench-{machines / 2}"),
        ];
        for (var i = 0; i < WarmUp; i++)
            foreach (var (_, path) in paths) await server.Client.GetByteArrayAsync(path);
        var samples = new Samples();
        for (var i = 0; i < requests; i++)
            foreach (var (name, path) in paths) await samples.TimeAsync(name, () => server.Client.GetByteArrayAsync(path));
        samples.Print(Health);
    }

    private static async Task<string> CursorAtAsync(ServerUnderTest server, int position)
    {
        string? next = null;
        for (var at = 0; at < position; at += 200)
            next = (await server.Client.GetFromJsonAsync<Page<Machine>>($"machines?limit=200{(next is null ? "" : "&after=" + next)}", WarrenJson.Options))!.Next;
        return next!;
    }
}
