using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>networks</c>, <c>storage</c> and <c>autostart</c>.</summary>
public sealed class NetworkVerbTests
{
    [Fact]
    public async Task Networks_are_listed_made_and_removed()
    {
        CreateNetworkRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/hosts/lab/networks", () => new Page<Network>([
                new() { Name = "class-7", Kind = NetworkKind.Nat, Range = "192.168.150.0/24", Bridge = "virbr1", Active = true, Ours = true },
                new() { Name = "old", Kind = NetworkKind.Other },
            ]))
            .Post("/hosts/lab/networks", (CreateNetworkRequest r) =>
            {
                request = r;
                return Results.Json(new Network { Name = r.Name, Kind = r.Kind, Range = "10.7.0.0/24" }, WarrenJson.Options, statusCode: 201);
            })
            .Delete("/hosts/lab/networks/{name}", () => Results.NoContent()));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("networks", "list", "lab")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("""
            NAME      KIND    RANGE              BRIDGE   STATUS   OURS
            class-7   nat     192.168.150.0/24   virbr1   up       yes
            old       other   -                  -        down     no

            """);
        (await shell.RunAsync("network", "create", "lab", "pit", "--kind", "isolated", "--range", "10.7.0.0/24")).ShouldBe(0, shell.Error);
        request.ShouldBe(new CreateNetworkRequest { Name = "pit", Kind = NetworkKind.Isolated, Range = "10.7.0.0/24" });
        shell.Error.ShouldBe("pit: made, 10.7.0.0/24\n");
        (await shell.RunAsync("networks", "create", "lab", "pit", "--kind", "routed")).ShouldBe(2);
        (await shell.RunAsync("networks", "delete", "lab", "pit")).ShouldBe(0, shell.Error);
        server.Of("DELETE", "/hosts/lab/networks/pit").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Storage_is_listed_made_and_forgotten()
    {
        CreateStorageRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/hosts/lab/storage", () => new Page<Storage>([new() { Name = "fast", Kind = "dir", Path = "/srv/fast", CapacityBytes = 3L << 30, FreeBytes = 1L << 30, Active = true, Ours = true }]))
            .Post("/hosts/lab/storage", (CreateStorageRequest r) =>
            {
                request = r;
                return Results.Json(new Storage { Name = r.Name, Kind = "dir", Path = r.Path }, WarrenJson.Options, statusCode: 201);
            })
            .Delete("/hosts/lab/storage/{name}", () => LittleServer.Refuse("in-use", 409)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("storage", "list", "lab")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("""
            NAME   KIND   PATH        SIZE    FREE    STATUS   OURS
            fast   dir    /srv/fast   3 GiB   1 GiB   up       yes

            """);
        (await shell.RunAsync("storage", "create", "lab", "slow", "/srv/a b")).ShouldBe(0, shell.Error);
        request.ShouldBe(new CreateStorageRequest { Name = "slow", Path = "/srv/a b" });
        (await shell.RunAsync("storage", "delete", "lab", "slow")).ShouldBe(6);
    }

    [Fact]
    public async Task A_machine_starts_with_its_host_or_not()
    {
        var asked = new List<bool>();
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/machines/web/autostart", (AutostartRequest r) =>
            {
                asked.Add(r.On);
                return Results.Json(Given.Operation("o1", OperationStatus.Succeeded, 100, "web"), WarrenJson.Options, statusCode: 202);
            })
            .Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100, "web")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("autostart", "web")).ShouldBe(0, shell.Error);
        shell.Error.ShouldEndWith("web: starts with its host\n");
        (await shell.RunAsync("autostart", "web", "--off")).ShouldBe(0, shell.Error);
        asked.ShouldBe([true, false]);
    }
}
