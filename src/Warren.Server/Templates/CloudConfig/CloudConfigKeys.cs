using static Warren.Server.Templates.CloudConfig.Shape;

namespace Warren.Server.Templates.CloudConfig;

/// <summary>
/// The keys that cloud-config may have at its top, with the shapes of those that people write. A table of our own, from
/// cloud-init's documentation ("Module reference", https://docs.cloud-init.io/en/latest/reference/modules.html); tests
/// hold it against the program `cloud-init schema`. What is only `Any` or `AnyMap` is left to the guest to judge.
/// </summary>
internal static class CloudConfigKeys
{
    private static readonly Shape Command = Either(Texts, Text, Null);
    private static readonly Shape BoolOrText = Either(Bool, Text);
    private static readonly Shape TextOrTexts = Either(Text, Texts);
    private static readonly Shape Groups = Either(Text, Texts, AnyMap);
    private static readonly Shape Package = Either(Texts, Text);

    private static readonly Shape User = Map(
        ("name", Text), ("doas", Texts), ("expiredate", Any), ("gecos", Text), ("groups", Groups), ("homedir", Text), ("inactive", Either(Text, Int)),
        ("lock_passwd", Bool), ("lock-passwd", Bool), ("no_create_home", Bool), ("no-create-home", Bool), ("no_log_init", Bool), ("no-log-init", Bool),
        ("no_user_group", Bool), ("no-user-group", Bool), ("passwd", Text), ("hashed_passwd", Text), ("hashed-passwd", Text),
        ("plain_text_passwd", Text), ("plain-text-passwd", Text), ("create_groups", Bool), ("create-groups", Bool), ("primary_group", Text),
        ("primary-group", Text), ("selinux_user", Text), ("selinux-user", Text), ("shell", Text), ("snapuser", Text), ("ssh_authorized_keys", Texts),
        ("ssh-authorized-keys", Texts), ("ssh_import_id", Texts), ("ssh-import-id", Texts), ("ssh_redirect_user", Bool), ("ssh-redirect-user", Bool),
        ("system", Bool), ("sudo", Either(Bool, Null, Text, List(Either(Text, Null)))), ("uid", Either(Int, Text)));

    private static readonly Shape File = Map(
        ("path*", Text), ("content", Text), ("source", Map(("uri*", Text), ("headers", AnyMap))), ("owner", Text), ("permissions", Text),
        ("encoding", OneOf("gz", "gzip", "gz+base64", "gzip+base64", "gz+b64", "gzip+b64", "b64", "base64", "text/plain")), ("append", Bool), ("defer", Bool));

    private static readonly Shape PasswordOf = Map(("name*", Text), ("type", OneOf("hash", "text", "RANDOM")), ("password", Text));

    /// <summary>Every key, with the shape of its value.</summary>
    public static IReadOnlyDictionary<string, Shape> All { get; } = new Dictionary<string, Shape>(StringComparer.Ordinal)
    {
        // Users, keys and passwords.
        ["users"] = Either(Text, AnyMap, List(Either(Text, Texts, User))),
        ["user"] = Either(Text, User),
        ["groups"] = Either(Text, AnyMap, List(Either(Text, AnyMap))),
        ["password"] = Text,
        ["chpasswd"] = Map(("expire", Bool), ("users", List(PasswordOf)), ("list", TextOrTexts)),
        ["ssh_authorized_keys"] = Texts,
        ["ssh_import_id"] = Texts,
        ["ssh_keys"] = AnyMap,
        ["ssh_pwauth"] = BoolOrText,
        ["ssh_deletekeys"] = Bool,
        ["ssh_genkeytypes"] = List(OneOf("ecdsa", "ed25519", "rsa")),
        ["ssh_quiet_keygen"] = Bool,
        ["ssh_publish_hostkeys"] = Map(("enabled", Bool), ("blacklist", Texts)),
        ["ssh_fp_console_blacklist"] = Texts,
        ["ssh_key_console_blacklist"] = Texts,
        ["ssh"] = Map(("emit_keys_to_console*", Bool)),
        ["no_ssh_fingerprints"] = Bool,
        ["allow_public_ssh_keys"] = Bool,
        ["disable_root"] = Bool,
        ["disable_root_opts"] = Text,
        ["authkey_hash"] = Text,

        // Names, time and language.
        ["hostname"] = Text,
        ["fqdn"] = Text,
        ["preserve_hostname"] = Bool,
        ["prefer_fqdn_over_hostname"] = Bool,
        ["create_hostname_file"] = Bool,
        ["manage_etc_hosts"] = Either(Bool, OneOf("localhost", "template")),
        ["manage_resolv_conf"] = Bool,
        ["resolv_conf"] = Map(("nameservers", Texts), ("searchdomains", Texts), ("domain", Text), ("sortlist", Texts), ("options", AnyMap)),
        ["timezone"] = Text,
        ["locale"] = BoolOrText,
        ["locale_configfile"] = Text,
        ["keyboard"] = Map(("layout*", Text), ("model", Text), ("variant", Text), ("options", Text)),
        ["ntp"] = Either(Null, Map(("pools", Texts), ("servers", Texts), ("peers", Texts), ("allow", Texts), ("ntp_client", Text), ("enabled", Bool), ("config", AnyMap))),

        // Files, commands and the end.
        ["write_files"] = List(File),
        ["bootcmd"] = List(Either(Texts, Text)),
        ["runcmd"] = List(Command),
        ["final_message"] = Text,
        ["phone_home"] = Map(("url*", Text), ("post", Either(OneOf("all"), Texts)), ("tries", Int)),
        ["power_state"] = Map(("delay", Either(Int, Text)), ("mode*", OneOf("poweroff", "reboot", "halt")), ("message", Text), ("timeout", Int), ("condition", Either(Bool, Text, List(Any)))),
        ["output"] = AnyMap,
        ["random_seed"] = Map(("file", Text), ("data", Text), ("encoding", OneOf("raw", "base64", "b64", "gzip", "gz")), ("command", Texts), ("command_required", Bool)),

        // Packages.
        ["packages"] = List(Either(Package, Map(("apt", List(Package)), ("snap", List(Package))))),
        ["package_update"] = Bool,
        ["package_upgrade"] = Bool,
        ["package_reboot_if_required"] = Bool,
        ["apt_update"] = Bool,
        ["apt_upgrade"] = Bool,
        ["apt_reboot_if_required"] = Bool,
        ["apt_pipelining"] = Either(Int, Bool, OneOf("os", "none", "unchanged")),
        ["apt"] = AnyMap,
        ["apk_repos"] = AnyMap,
        ["snap"] = AnyMap,
        ["yum_repos"] = AnyMap,
        ["yum_repo_dir"] = Text,
        ["zypper"] = AnyMap,
        ["ca_certs"] = CaCerts,
        ["ca-certs"] = CaCerts,

        // Disks.
        ["growpart"] = Map(("mode", Either(Bool, OneOf("auto", "growpart", "gpart", "off"))), ("devices", Texts), ("ignore_growroot_disabled", Bool)),
        ["resize_rootfs"] = Either(Bool, OneOf("noblock")),
        ["mounts"] = List(List(Any)),
        ["mount_default_fields"] = List(Any),
        ["swap"] = Map(("filename", Text), ("size", Either(Int, Text)), ("maxsize", Either(Int, Text))),
        ["disk_setup"] = AnyMap,
        ["fs_setup"] = List(AnyMap),
        ["device_aliases"] = AnyMap,

        // Programs of their own.
        ["ansible"] = AnyMap, ["autoinstall"] = AnyMap, ["byobu_by_default"] = Text, ["chef"] = AnyMap, ["disable_ec2_metadata"] = Bool, ["drivers"] = AnyMap,
        ["fan"] = AnyMap, ["grub_dpkg"] = AnyMap, ["grub-dpkg"] = AnyMap, ["landscape"] = AnyMap, ["lxd"] = AnyMap, ["mcollective"] = AnyMap, ["puppet"] = AnyMap,
        ["reporting"] = AnyMap, ["rh_subscription"] = AnyMap, ["rpi"] = AnyMap, ["rsyslog"] = Any, ["salt_minion"] = AnyMap, ["spacewalk"] = AnyMap,
        ["ubuntu_advantage"] = AnyMap, ["ubuntu_pro"] = AnyMap, ["updates"] = AnyMap, ["wireguard"] = AnyMap,

        // How cloud-init itself works.
        ["cloud_init_modules"] = List(Any), ["cloud_config_modules"] = List(Any), ["cloud_final_modules"] = List(Any),
        ["launch-index"] = Int, ["merge_how"] = Either(Text, List(AnyMap)), ["merge_type"] = Either(Text, List(AnyMap)),
        ["system_info"] = AnyMap, ["vendor_data"] = Map(("enabled", BoolOrText), ("prefix", Either(Text, List(Any)))),
    };

    private static Shape CaCerts => Map(("remove_defaults", Bool), ("remove-defaults", Bool), ("trusted", Texts));
}
