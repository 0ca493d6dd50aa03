namespace Warren.Contracts;

/// <summary>Who is at consoles, and ways to them.</summary>
public sealed partial class WarrenClient
{
    /// <summary>Who is or was at consoles, newest first.</summary>
    /// <param name="machine">Name or id; null: all machines, which only the owner of the server may ask for.</param>
    /// <param name="open">True: only those that are there now; false: only those that have gone.</param>
    /// <param name="cancellation">Cancels.</param>
    public IAsyncEnumerable<Connection> ListConnectionsAsync(string? machine = null, bool? open = null, CancellationToken cancellation = default)
        => PagesAsync<Connection>((machine is null ? "/connections" : $"/machines/{Segment(machine)}/connections") + (open is { } now ? $"?open={(now ? "true" : "false")}" : ""), cancellation);

    /// <summary>Makes a secret that opens one console of a machine once, within 30 seconds.</summary>
    public Task<ConsoleTicket> CreateTicketAsync(string machine, CreateTicketRequest request, CancellationToken cancellation = default)
        => PostAsync<ConsoleTicket>($"/machines/{Segment(machine)}/tickets", request, cancellation);

    /// <summary>Links to a machine's screen that work now, without their secrets.</summary>
    public IAsyncEnumerable<Share> ListSharesAsync(string machine, CancellationToken cancellation = default)
        => PagesAsync<Share>($"/machines/{Segment(machine)}/shares", cancellation);

    /// <summary>Makes a link to a machine's screen; it is in this answer and nowhere else.</summary>
    public Task<CreatedShare> CreateShareAsync(string machine, CreateShareRequest request, CancellationToken cancellation = default)
        => PostAsync<CreatedShare>($"/machines/{Segment(machine)}/shares", request, cancellation);

    /// <summary>With whom a machine is shared, by name.</summary>
    public IAsyncEnumerable<MachineUser> ListMachineUsersAsync(string machine, CancellationToken cancellation = default)
        => PagesAsync<MachineUser>($"/machines/{Segment(machine)}/users", cancellation);

    /// <summary>Shares a machine with a user, or changes what they may do with it.</summary>
    /// <param name="machine">Name or id.</param>
    /// <param name="user">Login name or id.</param>
    /// <param name="role">Viewer or member.</param>
    /// <param name="cancellation">Cancels.</param>
    public Task<MachineUser> ShareMachineAsync(string machine, string user, ProjectRole role, CancellationToken cancellation = default)
        => PutAsync<MachineUser>($"/machines/{Segment(machine)}/users/{Segment(user)}", new SetMachineUserRequest(role), cancellation);

    /// <summary>Shares a machine with a user no more: what they have open of it ends at once. For oneself: leaves.</summary>
    public Task UnshareMachineAsync(string machine, string user, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/machines/{Segment(machine)}/users/{Segment(user)}", cancellation);

    /// <summary>Ends a link; whoever looks by it has to go at once.</summary>
    public Task DeleteShareAsync(string machine, string share, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/machines/{Segment(machine)}/shares/{Segment(share)}", cancellation);
}
