using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Fake;

/// <summary>The clipboard of an imitated guest, as its user has it.</summary>
internal static class ImitatedClipboard
{
    private const string File = "/run/clipboard";

    public static Task CopyAsync(IHypervisor driver, string machineId, string text) =>
        driver.Guest!.WriteFileAsync(machineId, File, Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken);

    public static async Task<string> PastedAsync(IHypervisor driver, string machineId) =>
        Encoding.UTF8.GetString((await driver.Guest!.ReadFileAsync(machineId, File, 1 << 20, TestContext.Current.CancellationToken))!);
}
