using Warren.Server.Operations;
using Warren.Server.Templates.CloudConfig;

namespace Warren.Server.Tests.Templates;

/// <summary>The rules for cloud-config: our own table, and cloud-init itself as its judge.</summary>
public sealed class CloudConfigTests
{
    public static TheoryData<string> Good() =>
    [
        "packages: [git, [vim, '2:9.0']]\npackage_update: true\n",
        "users:\n  - default\n  - name: anna\n    groups: [sudo, users]\n    sudo: ALL=(ALL) NOPASSWD:ALL\n    lock_passwd: false\n    ssh_authorized_keys: [ssh-ed25519 AAAA a]\n",
        "runcmd:\n  - echo hello\n  - [ls, -l, /]\nbootcmd:\n  - [cloud-init-per, once, x, 'true']\n",
        "write_files:\n  - path: /etc/motd\n    content: |\n      hello\n    permissions: '0644'\n    owner: root:root\n    append: true\n",
        "chpasswd:\n  expire: false\n  list: |\n    root:secret\n",
        "hostname: web\nfqdn: web.example.org\nmanage_etc_hosts: localhost\ntimezone: Europe/Vienna\nlocale: C.UTF-8\n",
        "power_state:\n  mode: reboot\n  delay: now\n  timeout: 30\n",
        "ntp:\n  servers: [ntp.example.org]\nkeyboard:\n  layout: de\n",
        "growpart:\n  mode: auto\n  devices: [/]\nresize_rootfs: noblock\nswap:\n  filename: /swap\n  size: 1G\n",
        "ssh_pwauth: false\ndisable_root: true\nssh_deletekeys: false\nssh_genkeytypes: [ed25519]\n",
        "apt:\n  preserve_sources_list: true\nca_certs:\n  trusted: [x]\n",
        "groups: [staff, {admins: [root]}]\nmounts:\n  - [vdb, /data, ext4]\n",
        "{}\n",
    ];

    public static TheoryData<string, int, int, string> Bad() => new()
    {
        { "packages: git\n", 2, 11, "packages must be a list" },
        { "packages:\n  - git\n  - 12\n", 4, 5, "packages[1] must be" },
        { "package_update: 'yes'\n", 2, 17, "package_update must be true or false" },
        { "users:\n  - name: a\n    lock_pass: true\n", 4, 5, "users[0].lock_pass is not known here" },
        { "users:\n  - name: a\n    lock_passwd: x\n", 4, 18, "users[0].lock_passwd must be true or false" },
        { "write_files:\n  - content: x\n", 3, 5, "write_files[0].path is missing" },
        { "write_files:\n  - path: /a\n    permissions: 0644\n", 4, 18, "write_files[0].permissions must be a text: put it in quotes" },
        { "runcmd: echo\n", 2, 9, "runcmd must be a list" },
        { "runcmd:\n  - {a: b}\n", 3, 5, "runcmd[0] must be" },
        { "ssh_authorized_keys: ssh-ed25519 AAAA\n", 2, 22, "ssh_authorized_keys must be a list" },
        { "chpasswd:\n  users:\n    - type: text\n", 4, 7, "chpasswd.users[0].name is missing" },
        { "power_state:\n  mode: sleep\n", 3, 9, "power_state.mode must be one of poweroff, reboot, halt" },
        { "hostname: [a]\n", 2, 11, "hostname must be a text" },
        { "timezone: 1\n", 2, 11, "timezone must be a text" },
        { "- a\n", 2, 1, "must be a mapping of cloud-config's keys" },
    };

    [Theory, MemberData(nameof(Good))]
    public async Task What_cloud_init_takes_is_taken(string config)
    {
        Should.NotThrow(() => CloudConfigCheck.Demand("#cloud-config\n" + config, "userData"));
        var (valid, says) = await CloudInitProgram.JudgeAsync("#cloud-config\n" + config);
        valid.ShouldBeTrue(says);
    }

    [Theory, MemberData(nameof(Bad))]
    public async Task What_cloud_init_refuses_is_refused_with_its_place(string config, int line, int column, string rule)
    {
        var problem = Should.Throw<RefusedException>(() => CloudConfigCheck.Demand("#cloud-config\n" + config, "userData")).Problem;
        var mistake = problem.Mistakes.ShouldHaveSingleItem();
        (mistake.Line, mistake.Column).ShouldBe((line, column), mistake.ToString());
        CloudConfigCheck.InWords(mistake).ShouldContain(rule);
        problem.Errors!.Keys.ShouldBe(["userData"]);
        var (valid, says) = await CloudInitProgram.JudgeAsync("#cloud-config\n" + config);
        valid.ShouldBeFalse(says);
    }

    /// <summary>Not put to the program: Debian 12's (22.4) lets unknown keys pass and ignores them in the guest, later ones refuse them.</summary>
    [Theory]
    [InlineData("packges", "; did you mean packages?")]
    [InlineData("nonsense", "")]
    public void A_key_that_is_none_is_refused(string key, string meant)
        => Should.Throw<RefusedException>(() => CloudConfigCheck.Demand($"#cloud-config\n\n{key}: [git]\n", "userData")).Problem.Errors!["userData"]
            .ShouldBe([$"line 3, column 1: {key} is not a key of cloud-config{meant}"]);

    [Fact]
    public void Scripts_and_templates_of_templates_are_left_to_the_guest()
    {
        foreach (var text in new[] { null, "", "#!/bin/sh\nexit 1\n", "## template: jinja\n#cloud-config\n{% if x %}\n", "#cloud-configuration\nnonsense: 1\n" })
            Should.NotThrow(() => CloudConfigCheck.Demand(text, "userData"));
    }
}
