using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors.Guests;

/// <summary>Adds public keys to a user of the guest: by the agent's own command, else by a small script it runs.</summary>
internal sealed partial class AgentKeys(IGuest guest, Func<string, JsonObject, Task<JsonNode?>> ask)
{
    /// <summary>Positional parameters: home, owner. Keys come on standard input. Only what busybox has is used.</summary>
    private const string Script =
        """
        set -e
        umask 077
        folder=$1/.ssh
        file=$folder/authorized_keys
        [ -d "$folder" ] || { mkdir "$folder"; chown "$2" "$folder"; }
        [ -f "$file" ] || : > "$file"
        [ -z "$(tail -c 1 "$file")" ] || echo >> "$file"
        while IFS= read -r key; do
          grep -qxF -e "$key" "$file" || printf '%s\n' "$key" >> "$file"
        done
        chown "$2" "$file"
        chmod 600 "$file"
        """;

    internal async Task AddAsync(string machineId, string user, IReadOnlyList<string> keys, CancellationToken cancellation)
    {
        if (!UserName().IsMatch(user)) Refuse("user must be a plain account name");
        if (keys.Any(k => !PublicKey().IsMatch(k))) Refuse("publicKeys must be OpenSSH public keys, one line each");
        try
        {
            await ask("guest-ssh-add-authorized-keys", new JsonObject
            {
                ["username"] = user,
                ["keys"] = new JsonArray([.. keys.Select(k => (JsonNode)k)]),
            });
        }
        catch (GuestAgentRefusal)
        {
            // Disabled, unknown to old agents, or its user look-up failed; what the script says is what counts.
            await AddByScriptAsync(machineId, user, keys, cancellation);
        }
    }

    private async Task AddByScriptAsync(string machineId, string user, IReadOnlyList<string> keys, CancellationToken cancellation)
    {
        var accounts = await guest.ReadFileAsync(machineId, "/etc/passwd", 1 << 20, cancellation) ?? [];
        var (home, owner) = FindAccount(Encoding.UTF8.GetString(accounts), user);
        var input = Encoding.UTF8.GetBytes(string.Concat(keys.Select(k => k + "\n")));
        var result = await guest.ExecAsync(machineId,
            new GuestExec("/bin/sh", ["-c", Script, "sh", home, owner], input, TimeSpan.FromSeconds(30)), cancellation);
        if (result.ExitCode != 0)
            Refuse($"keys of {user} could not be written in the guest: {Encoding.UTF8.GetString(result.Error).Trim()}");
    }

    /// <summary>Home and <c>uid:gid</c> of an account in the text of passwd(5).</summary>
    internal static (string Home, string Owner) FindAccount(string passwd, string user)
    {
        foreach (var line in passwd.Split('\n'))
        {
            var fields = line.Split(':');
            if (fields.Length >= 6 && fields[0] == user)
                return (fields[5], string.Create(CultureInfo.InvariantCulture, $"{fields[2]}:{fields[3]}"));
        }

        throw new HypervisorException(HypervisorErrorKind.Rejected, $"the guest has no user {user}");
    }

    private static void Refuse(string why) => throw new HypervisorException(HypervisorErrorKind.Rejected, why);

    [GeneratedRegex(@"\A[a-z_][a-z0-9_-]{0,31}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UserName();

    [GeneratedRegex(@"\A[a-z0-9@.-]{3,64} [A-Za-z0-9+/=]{16,16384}( [^\x00-\x1f\x7f]{0,256})?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PublicKey();
}
