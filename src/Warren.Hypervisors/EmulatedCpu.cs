namespace Warren.Hypervisors;

/// <summary>
/// The CPU that x86 guests see without KVM: what the catalogue's distributions need (x86-64-v2) and no more. With <c>max</c>
/// guests find AVX and more that is dear to emulate, at every switch between programs too: Debian 12 with cloud-init took
/// 140 CPU seconds to boot instead of 118 (QEMU 7.2). <c>images/runner/root/entry</c> names the same.
/// </summary>
internal static class EmulatedCpu
{
    /// <summary>QEMU's oldest 64-bit model.</summary>
    internal const string Model = "qemu64";

    /// <summary>What x86-64-v2 adds to it, and what makes cryptography quick; in QEMU's spelling.</summary>
    internal static readonly string[] Features = ["ssse3", "sse4.1", "sse4.2", "popcnt", "aes", "pclmulqdq", "rdrand"];

    /// <summary>Both as QEMU's <c>-cpu</c> takes them.</summary>
    internal static readonly string Argument = Model + string.Concat(Features.Select(f => ",+" + f));
}
