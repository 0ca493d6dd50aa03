namespace Warren.Hypervisors.Qemu.Probe;

/// <summary>The assembled <c>probe-guest.s</c>: a boot sector that prints <see cref="Line"/> once it has done what a Linux boot needs.</summary>
internal static class ProbeGuest
{
    /// <summary>What it prints on the first serial port.</summary>
    internal const string Line = "warren-probe-long-mode";

    /// <summary>Bytes of a boot sector.</summary>
    internal const int SectorSize = 512;

    private const string Code =
        "+vwxwI7YjsCO0LwAfL8AELkAGPOrxwYAEAMgxwYAIAMwxwYAMIMADwEWAH0PIOBmDSAGAAAPIuBmuAAQAAAPIthmuYAAAMAP" +
        "Mg0AAQ8wDyDAZg0DAACAJPsPIsDqYXwIAGa4EACO2I7AjtC4AQAAAA+iDzHzD28EJQAQAABmD38EJQBQAABmD+/JZg/UyGYP" +
        "fwwlEFAAAEiLBCUQUAAASDsEJQAQAAB1JPBID8cMJQBQAAC5AAAAIP/Jdfy+0HwAAGa6+AOshMB0A+7r+PTr/XdhcnJlbi1w" +
        "cm9iZS1sb25nLW1vZGUKAAAAAAAAAAAAAAAAAACaIAAAAAAAAJIAABcA6Hw=";

    /// <summary>The 512 bytes, with the boot signature at their end.</summary>
    internal static byte[] BootSector()
    {
        var sector = new byte[SectorSize];
        Convert.FromBase64String(Code).CopyTo(sector, 0);
        sector[510] = 0x55;
        sector[511] = 0xAA;
        return sector;
    }
}
