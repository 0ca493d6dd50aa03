using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Templates;

internal sealed class VagrantfileVerb : Verb
{
    private readonly Option<string> _template;
    private readonly Option<string> _machine;
    private readonly Option<string> _hypervisor;
    private readonly Option<string> _box;
    private readonly Option<string> _boxVersion;
    private readonly Option<string[]> _folders;
    private readonly Option<string[]> _privates;
    private readonly Option<string[]> _publics;
    private readonly Option<string> _output;

    public VagrantfileVerb() : base("vagrantfile", "Write a Vagrantfile from a template or a machine",
        "warren vagrantfile --template web --hypervisor virtualbox > Vagrantfile", "warren vagrantfile --machine ci-1 --hypervisor libvirt --box generic/debian12 --synced-folder .:/srv/src")
    {
        _template = Option<string>("--template", "From this template", "NAME[@VERSION]");
        _machine = Option<string>("--machine", "From this machine, without what is on its disks", "NAME");
        _hypervisor = Option<string>("--hypervisor", "virtualbox, libvirt, hyperv, docker or proxmox: Vagrant's provider; or wsl, for which it is a script for PowerShell [virtualbox]", "KIND");
        _box = Option<string>("--box", "Box; for docker an image, for proxmox a template there, for wsl a root file system [by the image]", "BOX");
        _boxVersion = Option<string>("--box-version", "Versions of the box, as '>= 4.0, < 5'", "VERSIONS");
        _folders = Option<string[]>("--synced-folder", "A folder that the guest shares; may be repeated", "HOST:GUEST");
        _privates = Option<string[]>("--private-network", "A network among machines of that host, with an address or by dhcp; may be repeated", "ADDRESS|dhcp");
        _publics = Option<string[]>("--public-network", "A network that is bridged to the host's; may be repeated", "BRIDGE");
        _output = Option<string>("--output", "File to write [standard output]", "FILE", "-o");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var written = await call.Client.WriteVagrantfileAsync(new VagrantfileRequest
        {
            Template = call.Get(_template),
            Machine = call.Get(_machine),
            Hypervisor = call.Get(_hypervisor) ?? "virtualbox",
            Box = call.Get(_box),
            BoxVersion = call.Get(_boxVersion),
            SyncedFolders = [.. (call.Get(_folders) ?? []).Select(Folder)],
            Networks =
            [
                .. (call.Get(_privates) ?? []).Select(a => new VagrantNetwork { Kind = VagrantNetworkKind.Private, Address = a == "dhcp" ? null : a }),
                .. (call.Get(_publics) ?? []).Select(b => new VagrantNetwork { Kind = VagrantNetworkKind.Public, Bridge = b }),
            ],
        }, cancellation);
        if (call.Get(_output) is { } path) await File.WriteAllTextAsync(path, written.Text, cancellation);
        else if (call.Screen.Json) call.Screen.WriteJson(written);
        else call.Screen.Write(written.Text);
        return ExitCode.Ok;
    }

    /// <summary>Paths of Windows have a colon of their own: the guest's part begins behind the last.</summary>
    private static VagrantFolder Folder(string text)
    {
        var at = text.LastIndexOf(':');
        return at > 0 && at < text.Length - 1 ? new VagrantFolder(text[..at], text[(at + 1)..]) : throw Refusal.Invalid("--synced-folder", $"'{text}' is no shared folder: write HOST:GUEST");
    }
}
