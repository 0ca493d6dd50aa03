using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>
/// Who we are to the server: a token in every request, or a ticket for a password. A ticket is good for two hours
/// (Proxmox VE API, "Authentication") and is renewed after one, or when it is refused.
/// </summary>
internal sealed class ProxmoxLogin(ProxmoxOptions options, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_renewAfter = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _turn = new(1);
    private Ticket? _ticket;

    /// <summary>Puts it into a request.</summary>
    /// <param name="message">The request.</param>
    /// <param name="ask">Sends a request that needs no login.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What was used, to be told to <see cref="Refuse"/>; null for a token, which cannot be renewed.</returns>
    internal async Task<object?> ApplyAsync(HttpRequestMessage message, Func<Form, CancellationToken, Task<JsonNode?>> ask, CancellationToken cancellation)
    {
        if (options.Token is { } token)
        {
            message.Headers.TryAddWithoutValidation("Authorization", "PVEAPIToken=" + token);
            return null;
        }

        var ticket = await CurrentAsync(ask, cancellation);
        message.Headers.TryAddWithoutValidation("Cookie", "PVEAuthCookie=" + Uri.EscapeDataString(ticket.Text));
        if (message.Method != HttpMethod.Get) message.Headers.TryAddWithoutValidation("CSRFPreventionToken", ticket.Csrf);
        return ticket;
    }

    /// <summary>The server did not take it: the next request gets another.</summary>
    internal void Refuse(object used) => Interlocked.CompareExchange(ref _ticket, null, (Ticket)used);

    public void Dispose() => _turn.Dispose();

    private async Task<Ticket> CurrentAsync(Func<Form, CancellationToken, Task<JsonNode?>> ask, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_ticket is { } known && clock.GetElapsedTime(known.Since) < s_renewAfter) return known;
            var answer = Fields.Object(await ask(new Form().With("username", options.User).With("password", options.Password), cancellation), "login");
            if (answer.ContainsKey("NeedTFA") && Fields.Flag(answer, "NeedTFA"))
                throw new HypervisorException(HypervisorErrorKind.Rejected, "the user needs a second factor: use an API token");
            if (Fields.Text(answer, "ticket") is not { Length: > 0 } text || Fields.Text(answer, "CSRFPreventionToken") is not { } csrf || csrf.Any(char.IsControl))
                throw Fields.Bad("login");
            return _ticket = new Ticket(text, csrf, clock.GetTimestamp());
        }
        finally
        {
            _turn.Release();
        }
    }

    private sealed record Ticket(string Text, string Csrf, long Since);
}
