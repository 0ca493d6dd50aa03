namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>Lines of VBox.log that come from the guest's firmware.</summary>
internal static class FirmwareLog
{
    /// <summary>Whether it has turned to a boot medium: the BIOS says which one, UEFI firmware speaks at all only when it runs.</summary>
    internal static bool SaysBooting(string log) =>
        log.Contains("Guest Log: BIOS: Booting from ", StringComparison.Ordinal) || log.Contains("Guest Log: EFI: ", StringComparison.Ordinal);
}
