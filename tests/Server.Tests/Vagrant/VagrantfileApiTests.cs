using System.Net;
using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Hosts;

namespace Warren.Server.Tests.Vagrant;

/// <summary>POST /vagrantfiles.</summary>
public sealed class VagrantfileApiTests() : HostTestBase(null)
{
    private const string Web = """
        name: web
        image: debian-12
        machineName: web-{user}
        resources: { memory: 1G, cpus: 2, disk: 20G }
        firmware: uefi
        keys: [mine]
        networkMbps: 10
        forwards: [80, 8443:443, 53/udp]
        dataDisks: [{ size: 5G }]
        cloudInit:
          packages: [nginx]
        provision:
          - name: first page
            file: { path: /srv/index.html, content: "<h1>{machine} of {user}</h1>" }
          - name: "start #{1}"
            shell: systemctl enable --now nginx
        """;

    [Theory]
    [InlineData("virtualbox", "config.vm.box = \"generic/debian12\"", "machine.memory = 1024", "\"--firmware\", \"efi\"", "config.vm.disk :disk, size: \"20GB\", primary: true", "name: \"start \\#{1}\"")]
    [InlineData("libvirt", "config.vm.box = \"generic/debian12\"", "machine.machine_virtual_size = 20", "machine.loader = ", "machine.storage :file, size: \"5G\", type: \"qcow2\"", "systemctl enable --now nginx\n")]
    [InlineData("hyperv", "config.vm.box = \"generic/debian12\"", "machine.vmname = \"web-owner\"", "machine.cpus = 2", "# Firmware: ", "packages:")]
    [InlineData("docker", "machine.image = \"debian:12\"", "--memory=1024m", "exec sleep infinity", "# cloud-init: containers have none", "/srv/index.html")]
    public async Task A_template_becomes_the_file_of_a_provider_that_Vagrant_takes(string provider, params string[] parts)
    {
        await using var server = await WithTemplateAsync();
        var written = await WriteAsync(server, new VagrantfileRequest { Template = "web", Hypervisor = provider });
        written.FileName.ShouldBe("Vagrantfile");
        foreach (var part in parts) written.Text.ShouldContain(part);
        written.Text.ShouldContain("# Template web@1. Written by Warren for Vagrant's provider " + provider);
        written.Text.ShouldContain("\"forwarded_port\", guest: 80, host: 8080, host_ip: \"127.0.0.1\", protocol: \"tcp\"");
        written.Text.ShouldContain("guest: 443, host: 8443");
        written.Text.ShouldContain("guest: 53, host: 8053, host_ip: \"127.0.0.1\", protocol: \"udp\"");
        written.Notes.ShouldContain("SSH keys: Vagrant makes its own.");
        foreach (var note in written.Notes) written.Text.ShouldContain("# " + note);
        (await VagrantPrograms.ValidateAsync([(provider, written.Text)])).ShouldBe(["OK"], written.Text);
    }

    [Fact]
    public async Task Proxmox_gets_its_password_from_the_environment_and_its_template_from_the_request()
    {
        await using var server = await WithTemplateAsync();
        var written = await WriteAsync(server, new VagrantfileRequest { Template = "web@1", Hypervisor = "proxmox", Box = "debian \"12\"" });
        written.Text.ShouldContain("machine.qemu_template = \"debian \\\"12\\\"\"");
        written.Text.ShouldContain("machine.password = ENV[\"PROXMOX_PASSWORD\"]");
        (await VagrantPrograms.ValidateAsync([("proxmox", written.Text)])).ShouldBe(["OK"]);
    }

    [Fact]
    public async Task WSL_gets_a_script()
    {
        await using var server = await WithTemplateAsync();
        var written = await WriteAsync(server, new VagrantfileRequest { Template = "web", Hypervisor = "wsl", Box = "C:\\it's.tar" });
        written.FileName.ShouldBe("web-owner.ps1");
        written.Text.ShouldContain("$rootfs = 'C:\\it''s.tar'");
        written.Text.ShouldContain("Invoke-Step 'start #{1}' '");
    }

    [Fact]
    public async Task What_the_request_adds_is_in_the_file()
    {
        await using var server = await WithTemplateAsync();
        var written = await WriteAsync(server, new VagrantfileRequest
        {
            Template = "web", Hypervisor = "virtualbox", Box = "mine/box", BoxVersion = "~> 4.3",
            SyncedFolders = [new(".", "/vagrant"), new("../it's", "/srv/a b")],
            Networks = [new() { Kind = VagrantNetworkKind.Private }, new() { Kind = VagrantNetworkKind.Private, Address = "192.168.56.9" }, new() { Kind = VagrantNetworkKind.Public, Bridge = "eth0" }],
        });
        foreach (var line in new[]
        {
            "config.vm.box = \"mine/box\"", "config.vm.box_version = \"~> 4.3\"", "config.vm.synced_folder \".\", \"/vagrant\", create: true", "config.vm.synced_folder \"../it's\", \"/srv/a b\", create: true",
            "config.vm.network \"private_network\", type: \"dhcp\"", "config.vm.network \"private_network\", ip: \"192.168.56.9\"", "config.vm.network \"public_network\", bridge: \"eth0\"",
        }) written.Text.ShouldContain($"  {line}\n");
        written.Text.ShouldNotContain("disabled: true");
        (await VagrantPrograms.ValidateAsync([("virtualbox", written.Text)])).ShouldBe(["OK"]);
    }

    [Fact]
    public async Task What_is_wrong_is_told_by_field_and_unknown_boxes_must_be_named()
    {
        await using var server = await WithTemplateAsync();
        var problem = await RefusedAsync(server, new VagrantfileRequest
        {
            Template = "web", Machine = "m", Hypervisor = "qemu", Box = "a\nb", BoxVersion = "#{1}",
            SyncedFolders = [new("", "srv"), new(".", "/a"), new(".", "/a/")],
            Networks = [new() { Kind = VagrantNetworkKind.Private, Address = "192.168.56", Bridge = "eth0" }],
        });
        problem.Errors!.Keys.Order(StringComparer.Ordinal).ShouldBe(
            ["box", "boxVersion", "hypervisor", "machine", "networks[0].address", "networks[0].bridge", "syncedFolders[0].guestPath", "syncedFolders[0].hostPath", "syncedFolders[2].guestPath"]);
        problem = await RefusedAsync(server, new VagrantfileRequest { Template = "web", Hypervisor = "proxmox" });
        problem.Errors!["box"].ShouldBe(["must be named: none is known of the image debian-12 for proxmox"]);
        (await RefusedAsync(server, new VagrantfileRequest { Template = "gone", Hypervisor = "docker" })).Errors!.Keys.ShouldBe(["template"]);
        using var missing = await server.Client.PostAsJsonAsync("vagrantfiles", new VagrantfileRequest { Machine = "gone", Hypervisor = "docker" }, WarrenJson.Options);
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_machine_becomes_a_file_without_its_user_data()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await server.LaunchAsync(new LaunchRequest { Name = "m1", Image = "tiny", MemoryMiB = 256, Cpus = 1, UserData = "#cloud-config\npassword: hunter2\n", Forwards = [new() { GuestPort = 80, HostPort = 23456 }], Start = false });
        var written = await WriteAsync(server, new VagrantfileRequest { Machine = "m1", Hypervisor = "libvirt", Box = "generic/debian12" });
        written.Text.ShouldContain("config.vm.hostname = \"m1\"");
        written.Text.ShouldContain("machine.memory = 256");
        written.Text.ShouldContain("guest: 80, host: 23456");
        written.Text.ShouldNotContain("hunter2");
        written.Text.ShouldNotContain("guest: 22,");
        (await VagrantPrograms.ValidateAsync([("libvirt", written.Text)])).ShouldBe(["OK"], written.Text);
    }

    private async Task<TestServer> WithTemplateAsync()
    {
        var server = await StartAsync();
        using var saved = await server.Client.PostAsJsonAsync("templates", new SaveTemplateRequest { Yaml = Web }, WarrenJson.Options);
        saved.StatusCode.ShouldBe(HttpStatusCode.Created, await saved.Content.ReadAsStringAsync());
        return server;
    }

    private static async Task<Vagrantfile> WriteAsync(TestServer server, VagrantfileRequest request)
    {
        using var answer = await server.Client.PostAsJsonAsync("vagrantfiles", request, WarrenJson.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Vagrantfile>(WarrenJson.Options))!;
    }

    private static async Task<Problem> RefusedAsync(TestServer server, VagrantfileRequest request)
    {
        using var answer = await server.Client.PostAsJsonAsync("vagrantfiles", request, WarrenJson.Options);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!;
    }
}
