using System.Net;
using System.Text.Json.Nodes;
using Hypervisors.Tests.Proxmox.Server;

namespace Hypervisors.Tests.Proxmox;

/// <summary>The imitated server refuses what the real one refuses; else it would be no judge.</summary>
public sealed class ProxmoxServerTests : ProxmoxSession
{
    private const string Vm = "nodes/pve1/qemu/100";

    [Theory]
    [InlineData("GET", "cluster/resources", "type=vms", "type"), InlineData("GET", "cluster/resources", "kind=vm", "kind")]
    [InlineData("POST", "nodes/pve1/qemu", "name=web", "vmid"), InlineData("POST", "nodes/pve1/qemu", "vmid=99", "vmid"), InlineData("POST", "nodes/pve1/qemu", "vmid=abc", "vmid")]
    [InlineData("POST", "nodes/pve1/qemu", "vmid=101&name=a_b", "name"), InlineData("POST", "nodes/pve1/qemu", "vmid=101&cores=0", "cores"), InlineData("POST", "nodes/pve1/qemu", "vmid=101&onboot=maybe", "onboot")]
    [InlineData("POST", "nodes/pve1/qemu", "vmid=101&tags=%3B-x", "tags"), InlineData("POST", "nodes/pve1/qemu", "vmid=101&bios=uefi", "bios"), InlineData("POST", "nodes/pve1/qemu", "vmid=101&serial0=tcp", "serial0")]
    [InlineData("POST", "nodes/pve1/qemu", "vmid=101&net0=model%3Dvirtio%2Cbridge%3Dvmbr0%2Cevil%3D1", "net0"), InlineData("POST", "nodes/pve1/qemu", "vmid=101&scsi0=file%3Dlocal-lvm%3A1%2Cdiscard%3Dmaybe", "scsi0")]
    [InlineData("POST", Vm + "/snapshot", "snapname=1", "snapname"), InlineData("POST", Vm + "/clone", "full=1", "newid"), InlineData("PUT", Vm + "/resize", "disk=floppy0&size=1G", "disk")]
    [InlineData("PUT", Vm + "/resize", "disk=scsi0&size=big", "size"), InlineData("POST", Vm + "/config", "sshkeys=ssh-rsa AAAA", "sshkeys"), InlineData("POST", Vm + "/config", "memory=1&memory=2", "memory")]
    [InlineData("POST", Vm + "/status/suspend", "statestorage=local", "statestorage"), InlineData("GET", Vm + "/vncwebsocket", "port=1&vncticket=x", "port")]
    public async Task A_parameter_that_is_unknown_missing_or_wrong_is_refused_by_its_name(string method, string path, string parameters, string about)
    {
        Put("m1", 100);
        var (status, body) = await SendAsync(method, path, parameters);
        status.ShouldBe(400);
        body["errors"]!.AsObject().Select(e => e.Key).ShouldBe([about]);
        Server.Machines.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task What_is_not_there_not_logged_in_or_not_protected_is_refused()
    {
        (await SendAsync("PATCH", Vm, "")).Status.ShouldBe(501);
        (await SendAsync("GET", "nodes/pve1/qemu/100/config", "")).Status.ShouldBe(500);
        (await SendAsync("GET", "version", "", login: null)).Status.ShouldBe(401);
        (await SendAsync("GET", "version", "", login: "PVEAPIToken=root@pam!x=1")).Status.ShouldBe(401);
        Server.Away.Add("pve1");
        (await SendAsync("GET", "nodes/pve1/qemu", "")).Status.ShouldBe(595);
        var (_, login) = await SendAsync("POST", "access/ticket", $"username={FakeProxmox.User}&password={Uri.EscapeDataString(FakeProxmox.Password)}", login: null);
        var cookie = "PVEAuthCookie=" + Uri.EscapeDataString((string)login["data"]!["ticket"]!);
        (await SendAsync("GET", "version", "", login: null, cookie)).Status.ShouldBe(200);
        (await SendAsync("POST", "nodes/pve2/qemu", "vmid=100", login: null, cookie)).Status.ShouldBe(401, "without its protection against forged requests");
        Server.Machines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_machine_that_runs_or_is_locked_is_not_destroyed_and_its_number_is_not_given_twice()
    {
        var machine = Put("m1", 100, on: true);
        (await SendAsync("DELETE", Vm, "")).Status.ShouldBe(500);
        machine.PowerOff(keepMemory: false);
        machine.Config["lock"] = "backup";
        ((string)(await SendAsync("DELETE", Vm, "")).Body["message"]!).ShouldContain("locked (backup)");
        ((string)(await SendAsync("POST", "nodes/pve2/qemu", "vmid=100")).Body["message"]!).ShouldContain("already exists on node 'pve1'");
    }

    [Fact]
    public async Task Of_several_that_ask_for_one_number_at_once_one_gets_it()
    {
        for (var vmid = 100; vmid < 110; vmid++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => SendAsync("POST", "nodes/pve1/qemu", $"vmid={vmid}")));
            answers.Where(a => a.Status == 200).ShouldHaveSingleItem();
            answers.Where(a => a.Status != 200).ShouldAllBe(a => a.Status == 500 && ((string)a.Body["message"]!).Contains("already exists on node 'pve1'"));
        }

        Server.Machines.Count.ShouldBe(10);
    }

    private async Task<(int Status, JsonObject Body)> SendAsync(string method, string path, string parameters, string? login = "PVEAPIToken=" + FakeProxmox.Token, string? cookie = null)
    {
        using var handler = new SocketsHttpHandler { UseCookies = false, SslOptions = new() { RemoteCertificateValidationCallback = (_, c, _, _) => c!.GetCertHashString() == Server.Certificate.GetCertHashString() } };
        using var http = new HttpClient(handler);
        var query = method is "GET" or "DELETE" && parameters.Length > 0 ? "?" + parameters : "";
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Server.Address, "/api2/json/" + path + query)) { Version = HttpVersion.Version11 };
        if (query.Length == 0 && method is not ("GET" or "DELETE")) request.Content = new StringContent(parameters, null, "application/x-www-form-urlencoded");
        if (login is not null) request.Headers.TryAddWithoutValidation("Authorization", login);
        if (cookie is not null) request.Headers.TryAddWithoutValidation("Cookie", cookie);
        using var response = await http.SendAsync(request, Cancellation);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!.AsObject());
    }
}
