using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.VirtualBox.Tool;

/// <summary>VBoxManage, wherever it is.</summary>
internal interface IBoxTool
{
    /// <summary>Runs it to its end. It is not killed half way: the service behind it would go on with what it was told, unseen.</summary>
    /// <param name="arguments">Its arguments, a word each.</param>
    /// <param name="limit">How long it may take.</param>
    /// <returns>What it left, whatever its exit code.</returns>
    /// <exception cref="HypervisorException">Unsupported when it is not installed; Unreachable when it or its host does not answer.</exception>
    Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, TimeSpan limit);
}

/// <summary>VBoxManage on the server's own machine, or through ssh.</summary>
internal sealed class BoxTool(string program, SshTarget? ssh) : IBoxTool
{
    // What a shell says of a program that is not there, and of one that it may not run (POSIX, 2.8.2).
    private const int NotFound = 127, NotExecutable = 126;

    private readonly CommandRunner _commands = new();

    /// <inheritdoc/>
    public async Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, TimeSpan limit)
    {
        var command = ssh is null ? new Command(program, arguments) : ssh.Remote(program, arguments);
        var result = await _commands.RunAsync(command with { Timeout = limit }, CancellationToken.None);
        if (ssh is not null && result.ExitCode == SshTarget.Failed)
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"ssh to {ssh.Host} failed: {BoxAnswer.Short(result.Error)}");
        if (ssh is not null && result.ExitCode is NotFound or NotExecutable)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"{program} cannot be started on {ssh!.Host}: {BoxAnswer.Short(result.Error)}");
        return result;
    }
}
