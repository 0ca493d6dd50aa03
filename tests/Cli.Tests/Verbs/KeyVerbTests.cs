using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

public sealed class KeyVerbTests
{
    [Fact]
    public async Task A_new_keys_private_part_goes_to_its_file_only()
    {
        await using var server = await LittleServer.StartAsync(Making);
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("keys", "create", "laptop", "--format", "json")).ShouldBe(0, shell.Error);
        (await shell.RunAsync("key", "create", "phone", "--type", "rsa4096")).ShouldBe(0, shell.Error);
        (shell.Out + shell.Error).ShouldNotContain("SECRET");
        (await File.ReadAllTextAsync(Path.Combine(shell.Home, ".config", "warren", "keys", "laptop"))).ShouldBe("SECRET ed25519\n");
        (await File.ReadAllTextAsync(Path.Combine(shell.Home, ".config", "warren", "keys", "phone"))).ShouldBe("SECRET rsa4096\n");
    }

    [Fact]
    public async Task A_file_in_the_way_is_refused_before_a_key_is_made()
    {
        await using var server = await LittleServer.StartAsync(Making);
        using var shell = new Shell(server.Url);
        shell.Variables["XDG_CONFIG_HOME"] = Path.Combine(shell.Home, "cfg");
        (await shell.RunAsync("keys", "create", "laptop")).ShouldBe(0);
        (await shell.RunAsync("keys", "create", "laptop")).ShouldBe(6);
        shell.Error.ShouldContain(Path.Combine(shell.Home, "cfg", "warren", "keys", "laptop") + " exists and is not overwritten");
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_key_leaves_no_file()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/keys", () => LittleServer.Refuse("name-taken", 409, "there is a key laptop")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("keys", "create", "laptop")).ShouldBe(6);
        Directory.EnumerateFileSystemEntries(Path.Combine(shell.Home, ".config", "warren", "keys")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_private_key_is_never_sent()
    {
        await using var server = await LittleServer.StartAsync(Making);
        using var shell = new Shell(server.Url);
        var file = Path.Combine(shell.Home, "id");
        await File.WriteAllTextAsync(file, "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n");
        (await shell.RunAsync("keys", "add", "mine", file)).ShouldBe(2);
        server.Requests.ShouldBeEmpty();
    }

    private static void Making(LittleServer.RouteTable routes) => routes.Post("/keys", (CreateKeyRequest request) => Results.Json(
        new CreatedKey { Key = Given.Key(request.Name), PrivateKey = "SECRET " + request.Algorithm.ToString().ToLowerInvariant() }, WarrenJson.Options, statusCode: 201));
}
