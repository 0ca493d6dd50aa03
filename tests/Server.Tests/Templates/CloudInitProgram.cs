using Warren.Hypervisors.Commands;

namespace Warren.Server.Tests.Templates;

/// <summary>The real judge of cloud-config, where Debian's package cloud-init is installed.</summary>
internal static class CloudInitProgram
{
    private static readonly string? s_path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "cloud-init")).FirstOrDefault(File.Exists);

    /// <summary>Whether <c>cloud-init schema</c> takes a text, and what it says. Skips the test where the program is missing.</summary>
    public static async Task<(bool Valid, string Says)> JudgeAsync(string userData)
    {
        Assert.SkipWhen(s_path is null, "the program cloud-init is not installed: apt-get install cloud-init");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, userData);
            var answer = await new CommandRunner().RunAsync(new Command(s_path, "schema", "--config-file", file) { Timeout = TimeSpan.FromMinutes(1) });
            return (answer.ExitCode == 0, answer.Output + answer.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
