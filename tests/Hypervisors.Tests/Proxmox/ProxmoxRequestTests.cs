using System.Text;
using Hypervisors.Tests.Proxmox.Server;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Proxmox;

/// <summary>What is asked of the server: as data, once, and for a number that is really ours.</summary>
public sealed class ProxmoxRequestTests : ProxmoxSession
{
    private const string Hostile = "a&b=c;d 'e' \"f\" $(id) `id` %00%2e ../ü日本 #?\\";

    [Fact]
    public async Task A_creation_imports_the_disk_under_its_mark_and_names_the_machine_last()
    {
        await Driver().CreateAsync(Define("m1"), Unheard, Cancellation);
        var machine = Server.Machines.ShouldHaveSingleItem();
        machine.Config["tags"].ShouldBe("warren-m1-100");
        machine.Config["net0"].ShouldBe("model=virtio,macaddr=52:54:00:12:34:56,bridge=vmbr0");
        machine.Config["scsi0"].ShouldBe("local-lvm:vm-100-disk-scsi0,size=1G");
        Server.Seen.Single(r => r.Route == "POST /nodes/{node}/qemu")["name"].ShouldBe("warren-m1-100");
        Server.Seen.Last(r => r.Method == "POST")["name"].ShouldBe("web");
        await Driver().CreateAsync(Define("m2"), Unheard, Cancellation);
        Server.Seen.Count(r => r.FileName is not null).ShouldBe(1, "an image is uploaded once by its content");
    }

    [Fact]
    public async Task A_seed_is_brought_as_an_ISO_and_goes_with_its_machine()
    {
        var driver = Driver();
        await driver.CreateAsync(Define("m1") with { Seed = new CloudInitSeed("i1", "instance-id: i1", "#cloud-config\n", "") }, Unheard, Cancellation);
        Server.Machines.Single().Config["ide3"].ShouldBe("local:iso/warren-seed-m1.iso,media=cdrom");
        Server.Volumes.ShouldContainKey("local:iso/warren-seed-m1.iso");
        Directory.EnumerateFiles(Server.Options().Folder).ShouldBeEmpty("secrets do not stay");
        await driver.DeleteAsync("m1", Cancellation);
        Server.Volumes.Keys.ShouldNotContain(v => v.Contains("m1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_number_that_another_took_is_passed_over_and_a_full_range_is_Rejected()
    {
        var taken = 0;
        Server.Refuse = r =>
        {
            // Between the answer and the request somebody else was faster.
            if (r.Route == "POST /nodes/{node}/qemu" && taken++ == 0) Server.Put(int.Parse(r["vmid"]), "pve2", ("name", "other"));
            return null;
        };
        await Driver().CreateAsync(Define("m1"), Unheard, Cancellation);
        Server.Machines.Select(m => (m.Vmid, m.Config["name"])).ShouldBe([(100, "other"), (101, "web")]);
        var ranged = Driver(Server.Options("pve1") with { Vmids = (5000, 5000) });
        await ranged.CreateAsync(Define("m2"), Unheard, Cancellation);
        Server.Machines.ShouldContain(m => m.Vmid == 5000);
        (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => ranged.CreateAsync(Define("m3"), Unheard, Cancellation))).Message.ShouldContain("5000");
    }

    [Fact]
    public async Task A_failed_import_leaves_nothing_and_a_task_that_lost_its_number_touches_nobody_else()
    {
        Server.Failing["qmconfig"] = "copy failed: no space left on device";
        (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver().CreateAsync(Define("m1"), Unheard, Cancellation))).Message.ShouldContain("no space left");
        Server.Machines.ShouldBeEmpty();
        Server.Failing["qmcreate"] = "storage 'gone' does not exist";
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver().CreateAsync(Define("m1"), Unheard, Cancellation));
        Server.Seen.Count(r => r.Route == "DELETE /nodes/{node}/qemu/{vmid}").ShouldBe(1, "only what carries our mark is removed");
    }

    [Fact]
    public async Task A_template_is_cloned_linked_or_in_full_and_its_cloud_init_gets_hostile_text_as_data()
    {
        var template = Server.Put(900, "pve1", ("name", "debian"), ("memory", "512"), ("boot", "order=scsi0"), ("scsi0", "local-lvm:vm-900-disk-0,size=1G"), ("tags", "golden"));
        template.Template = true;
        Server.Volumes["local-lvm:vm-900-disk-0"] = 1L << 30;
        var options = new Dictionary<string, string>(StringComparer.Ordinal) { ["template"] = "900", ["linked"] = "true", ["ciUser"] = Hostile, ["ciKey"] = Hostile, ["ipConfig"] = "ip=dhcp" };
        await Driver().CreateAsync(Define("m1") with { Options = options }, Unheard, Cancellation);
        Server.Seen.Single(r => r.Route.EndsWith("/clone", StringComparison.Ordinal)).Flag("full").ShouldBeFalse();
        var machine = Server.Machines.Single(m => m.Vmid == 100);
        (machine.Config["ciuser"], Uri.UnescapeDataString(machine.Config["sshkeys"]), machine.Config["name"]).ShouldBe((Hostile, Hostile, "web"));
        machine.Config["tags"].ShouldBe("golden;warren-m1-100");
        machine.Config["memory"].ShouldBe("256");
        Server.Machines.Count.ShouldBe(2);
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver().CreateAsync(Define("m2") with { Options = new Dictionary<string, string> { ["template"] = "901" } }, Unheard, Cancellation));
        (await Driver().ListAsync(Cancellation)).ShouldNotContain(m => m.NativeName.StartsWith("900"), "a template is no machine");
    }

    [Fact]
    public async Task Hostile_paths_and_arguments_reach_the_guest_as_they_are()
    {
        var machine = Put("m1", 100, on: true);
        var guest = Driver().Guest!;
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => guest.ReadFileAsync("m1&node=x", "/etc/passwd", 10, Cancellation));
        await guest.ExecAsync("m1", new GuestExec("/bin/echo", [Hostile, ""], null, TimeSpan.FromSeconds(10)), Cancellation);
        Server.Seen.Single(r => r.Route.EndsWith("agent/exec", StringComparison.Ordinal)).Values["command"].ShouldBe(["/bin/echo", Hostile, ""]);
        (await guest.ReadFileAsync("m1", "/tmp/" + Hostile.Replace("/", "", StringComparison.Ordinal), 10, Cancellation)).ShouldBeNull();
        machine.Guest.Write("/tmp/bytes", [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        (await guest.ReadFileAsync("m1", "/tmp/bytes", 1000, Cancellation))!.Length.ShouldBe(256);
    }

    [Fact]
    public async Task Every_call_is_on_our_own_machine_although_another_wears_its_tags()
    {
        Put("m1", 100);
        var copy = Server.Put(101, "pve1", ("name", "Copy-of-web"), ("tags", "prod;warren-m1-100"));
        var driver = Driver();
        (await driver.ListAsync(Cancellation)).Select(m => (m.NativeName, m.MachineId)).ShouldBe([("100/web", "m1"), ("101/Copy-of-web", null)], ignoreOrder: true);
        await driver.DeleteAsync("m1", Cancellation);
        Server.Machines.ShouldHaveSingleItem().ShouldBe(copy);
    }

    [Fact]
    public async Task An_old_server_without_uploads_of_disks_is_Unsupported_with_what_to_do()
    {
        Server.Refuse = r => r.FileName is not null ? new ServerRefusal(400, "Parameter verification failed. content: value 'import' does not have a value in the enumeration 'iso, vztmpl'") : null;
        (await ShouldFailAsync(HypervisorErrorKind.Unsupported, () => Driver().CreateAsync(Define("m1"), Unheard, Cancellation))).Message.ShouldContain("template");
    }

    [Fact]
    public async Task The_probe_tells_what_is_missing_with_its_remedy()
    {
        (await Driver().ProbeAsync(Cancellation)).Problems.ShouldBeEmpty();
        Server.LocalContent = "vztmpl";
        var probe = await Driver(Server.Options("pve1", "pve9") with { Storage = "nowhere", Bridge = "vmbr7" }).ProbeAsync(Cancellation);
        foreach (var setting in new[] { "nodes", "storage", "imageStorage", "bridge" }) probe.Problems.ShouldContain(p => p.StartsWith($"settings.{setting}", StringComparison.Ordinal));
        Encoding.UTF8.GetByteCount(string.Concat(probe.Problems)).ShouldBeLessThan(4000);
    }
}
