using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Guests.Renewal;

/// <summary>
/// Makes a fork's guest somebody else than its parent, by one program run by its agent: under emulation every further one
/// costs tens of milliseconds, and one that starts Python a second.
/// </summary>
internal sealed class GuestRenewal(AgentGuest guest, TimeProvider clock)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan s_scriptLimit = TimeSpan.FromMinutes(5);

    private const int Tail = 2000;

    /// <summary>Renews what is the guest's own business, then runs the user's script.</summary>
    /// <exception cref="HypervisorException">Unreachable while the agent is silent; Rejected with what the guest said.</exception>
    internal async Task RunAsync(MachineDefinition definition, ForkIdentity identity, CancellationToken cancellation)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var guestClock = new GuestClock(guest, clock);
        var (late, _) = await guestClock.LatenessAsync(definition.Id, cancellation);
        string[] arguments = ["-c", RenewProgram.Script, "renew", definition.Name, id, definition.MacAddress.ToLowerInvariant(), identity.User, RenewProgram.Escaped];
        byte[] input = [.. RenewProgram.Input(late), .. Encoding.UTF8.GetBytes(string.Concat(identity.AuthorizedKeys.Select(k => k + "\n")))];
        await DemandAsync(definition, new GuestExec("/bin/sh", arguments, input, s_limit), "its identity could not be renewed", cancellation);
        // Once more where no answer was quick enough to tell.
        await guestClock.CorrectAsync(definition.Id, by => DemandAsync(definition, RenewProgram.ForClock(by, s_limit), "its clock could not be set", cancellation), cancellation);
        if (identity.Script is not { } script) return;
        await DemandAsync(definition, new GuestExec("/bin/sh", ["-s"], Encoding.UTF8.GetBytes(script), s_scriptLimit), "its first-boot script failed", cancellation);
    }

    private async Task DemandAsync(MachineDefinition definition, GuestExec exec, string what, CancellationToken cancellation)
    {
        var result = await guest.ExecAsync(definition.Id, exec, cancellation);
        if (result.ExitCode == 0) return;
        var said = Encoding.UTF8.GetString([.. result.Output, .. result.Error]).Trim();
        throw new HypervisorException(HypervisorErrorKind.Rejected,
            $"machine {definition.Id}: {what} (exit code {result.ExitCode}): {(said.Length > Tail ? said[^Tail..] : said)}");
    }
}
