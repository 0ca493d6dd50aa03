namespace EndToEnd.Tests.Running;

/// <summary>Where things are in the clone that the tests were built from.</summary>
internal static class Clone
{
    private static readonly string s_output = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The server, in the configuration that the tests were built in.</summary>
    public static string Server => Built("Warren.Server", "Warren.Server.dll");

    /// <summary>The command line, likewise.</summary>
    public static string CommandLine => Built("Warren.Cli", "warren.dll");

    /// <summary>What is kept from run to run; shared with the other tests.</summary>
    public static string Cache => Directory.CreateDirectory(Path.Combine(Root, ".cache")).FullName;

    private static string Built(string project, string file)
    {
        var framework = Path.GetFileName(s_output);
        var configuration = Path.GetFileName(Path.GetDirectoryName(s_output)!);
        return Path.Combine(Root, "src", project, "bin", configuration, framework, file);
    }

    private static string FindRoot()
    {
        var at = s_output;
        while (!File.Exists(Path.Combine(at, "Warren.slnx")))
            at = Path.GetDirectoryName(at) ?? throw new InvalidOperationException("the tests run outside the clone");
        return at;
    }
}
