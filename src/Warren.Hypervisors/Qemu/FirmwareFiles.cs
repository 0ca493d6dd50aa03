namespace Warren.Hypervisors.Qemu;

/// <summary>An OVMF build: code, shared and read-only, and the template of the variable store each machine copies.</summary>
internal sealed record FirmwareFiles(string Code, string Variables)
{
    // Names used by Debian, Fedora and Arch. Builds with secure boot need SMM and are left out.
    private static readonly (string Code, string Variables)[] Names =
    [
        ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"),
        ("OVMF_CODE.4m.fd", "OVMF_VARS.4m.fd"),
        ("OVMF_CODE.fd", "OVMF_VARS.fd"),
    ];

    /// <summary>The first build found, or null.</summary>
    internal static FirmwareFiles? Find(IEnumerable<string> folders)
    {
        foreach (var folder in folders)
        {
            foreach (var (code, variables) in Names)
            {
                var found = new FirmwareFiles(Path.Combine(folder, code), Path.Combine(folder, variables));
                if (File.Exists(found.Code) && File.Exists(found.Variables)) return found;
            }
        }

        return null;
    }
}
