using Warren.Contracts;

namespace Warren.Cli.Keys;

/// <summary>The key that a launch uses when none is named.</summary>
internal static class DefaultKey
{
    public const string Name = "default";

    /// <summary>Makes sure that the server has it: makes a pair the first time, sends the public part to a server that lacks it.</summary>
    /// <returns>Its name.</returns>
    public static async Task<string> EnsureAsync(Invocation call, CancellationToken cancellation)
    {
        try
        {
            var known = await call.Client.GetKeyAsync(Name, cancellation);
            if (!call.Keys.Has(Name)) call.Screen.Warn($"the private part of the key '{Name}' is not on this machine; name another with --key if you do not have it");
            else if (call.Keys.PublicPart(Name) is { } mine && !SameKey(mine, known.PublicKey)) call.Screen.Warn($"the server's key '{Name}' is not the one in {call.Keys.PathOf(Name)}");
            return Name;
        }
        catch (WarrenException e) when (e.Kind is "not-found")
        {
            return await MakeAsync(call, cancellation);
        }
    }

    private static async Task<string> MakeAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Keys.PublicPart(Name) is { } publicKey)
        {
            await call.Client.CreateKeyAsync(new CreateKeyRequest { Name = Name, PublicKey = publicKey }, cancellation);
            call.Screen.Hint($"Sent the public part of your SSH key '{Name}' to the server.");
            return Name;
        }

        var (_, path) = await KeyCreateVerb.CreateAsync(call, Name, KeyAlgorithm.Ed25519, cancellation);
        call.Screen.Hint($"Made the SSH key '{Name}'; its private part is in {path}.");
        return Name;
    }

    /// <summary>Type and key; the comment does not matter.</summary>
    private static bool SameKey(string a, string b) => a.Split(' ').Take(2).SequenceEqual(b.Split(' ').Take(2));
}
