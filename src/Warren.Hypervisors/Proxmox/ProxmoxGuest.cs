using System.Text;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Warren.Hypervisors.Proxmox;

/// <summary>
/// Programs and files in the guest through the server's own calls of its agent. What comes back is bytes, each as the
/// character of that number; what goes in is text, so that anything else is carried as base64 and decoded in the guest.
/// </summary>
internal sealed class ProxmoxGuest(ProxmoxClient client, MachineFinder finder, TimeProvider clock, ProxmoxOptions options) : IGuest
{
    /// <summary>Bytes in one call: base64 makes 61440 characters of 46080 (file-write, content).</summary>
    private const int LargestPart = 46_080;

    private const string Decode = "base64 -d | \"$0\" \"$@\"";
    private const string Append = "base64 -d >> \"$1\"";

    /// <inheritdoc/>
    public async Task<bool> PingAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        try
        {
            var (machine, power) = await finder.RequireRunningAsync(machineId, cancellation);
            if (power != ObservedPower.On) return false;
            await client.ChangeAsync(HttpMethod.Post, machine.Path("agent", "ping"), null, cancellation);
            return true;
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.NotFound or HypervisorErrorKind.Busy || IsSilence(e))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<GuestExecResult> ExecAsync(string machineId, GuestExec exec, CancellationToken cancellation)
    {
        var machine = await RequireAsync(machineId, cancellation);
        var form = new Form();
        if (exec.Input is null)
        {
            form.With("command", exec.Path).WithAll("command", exec.Arguments);
        }
        else
        {
            if (exec.Input.Length > LargestPart) throw new HypervisorException(HypervisorErrorKind.Rejected, $"input must be at most {LargestPart} bytes on Proxmox VE");
            form.WithAll("command", ["/bin/sh", "-c", Decode, exec.Path, .. exec.Arguments]).With("input-data", Convert.ToBase64String(exec.Input));
        }

        return await RunAsync(machine, form, exec.Timeout, cancellation);
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadFileAsync(string machineId, string path, int limit, CancellationToken cancellation)
    {
        var machine = await RequireAsync(machineId, cancellation);
        try
        {
            var answer = await client.GetAsync(machine.Path("agent", "file-read"), cancellation, new Form().With("file", path));
            var content = Bytes(Fields.Object(answer, "file-read"), "content");
            return content.Length > limit ? content[..limit] : content;
        }
        catch (HypervisorException e) when (e.Message.Contains("No such file or directory", StringComparison.Ordinal))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task WriteFileAsync(string machineId, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var machine = await RequireAsync(machineId, cancellation);
        var first = content[..Math.Min(content.Length, LargestPart)];
        // "encode" off: the content is base64 already, which alone can carry every byte.
        await client.ChangeAsync(HttpMethod.Post, machine.Path("agent", "file-write"),
            new Form().With("file", path).With("content", Convert.ToBase64String(first.Span)).With("encode", false), cancellation);
        for (var rest = content[first.Length..]; rest.Length > 0;)
        {
            // The call writes whole files only; what does not fit goes through a shell of the guest.
            var part = rest[..Math.Min(rest.Length, LargestPart)];
            var result = await RunAsync(machine, new Form().WithAll("command", ["/bin/sh", "-c", Append, "sh", path])
                .With("input-data", Convert.ToBase64String(part.Span)), TimeSpan.FromSeconds(30), cancellation);
            if (result.ExitCode != 0) throw new HypervisorException(HypervisorErrorKind.Rejected, $"the guest could not write the file: {Encoding.UTF8.GetString(result.Error).Trim()}");
            rest = rest[part.Length..];
        }
    }

    /// <summary>By a script: the server has no call for it.</summary>
    public Task AddAuthorizedKeysAsync(string machineId, string user, IReadOnlyList<string> publicKeys, CancellationToken cancellation) =>
        new AgentKeys(this, (_, _) => throw new GuestAgentRefusal("CommandNotFound", "not offered by the server")).AddAsync(machineId, user, publicKeys, cancellation);

    /// <summary>The agent does not answer, or has not begun to.</summary>
    internal static bool IsSilence(HypervisorException e) => e.Message.Contains("guest agent", StringComparison.OrdinalIgnoreCase);

    private async Task<ProxmoxMachine> RequireAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return (await finder.RequireRunningAsync(machineId, cancellation)).Machine;
    }

    private async Task<GuestExecResult> RunAsync(ProxmoxMachine machine, Form form, TimeSpan patience, CancellationToken cancellation)
    {
        var begun = await client.ChangeAsync(HttpMethod.Post, machine.Path("agent", "exec"), form, cancellation);
        if (Fields.Number(begun, "pid") is not { } pid) throw Fields.Bad("exec");
        var since = clock.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(10);
        while (true)
        {
            var status = Fields.Object(await client.GetAsync(machine.Path("agent", "exec-status"), cancellation, new Form().With("pid", pid)), "exec-status");
            if (Fields.Flag(status, "exited"))
            {
                return new GuestExecResult(Fields.Small(status, "exitcode") ?? 128 + (Fields.Small(status, "signal") ?? 0),
                    Bytes(status, "out-data"), Bytes(status, "err-data"), Fields.Flag(status, "out-truncated") || Fields.Flag(status, "err-truncated"));
            }

            if (clock.GetElapsedTime(since) > patience) throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the program did not end within {patience.TotalSeconds:0.#} s");
            await Task.Delay(pause, clock, cancellation);
            pause = pause * 2 < options.Poll ? pause * 2 : options.Poll;
        }
    }

    /// <summary>Bytes that were made characters one by one; text that was decoded (other than by the server of today) is taken as UTF-8.</summary>
    internal static byte[] Bytes(JsonObject answer, string name)
    {
        var text = Fields.Text(answer, name) ?? "";
        return text.All(c => c <= 0xff) ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text);
    }
}
