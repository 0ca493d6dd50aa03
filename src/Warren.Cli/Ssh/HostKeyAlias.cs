using Warren.Contracts;

namespace Warren.Cli.Ssh;

/// <summary>The name under which a machine's host key is remembered, whatever its address is.</summary>
internal static class HostKeyAlias
{
    /// <summary>A machine that keeps nothing makes itself new host keys at each start, and is a new host each time.</summary>
    public static async Task<string> OfAsync(WarrenClient client, Machine machine, CancellationToken cancellation)
    {
        var started = machine.Readiness.Reached.FirstOrDefault(reached => reached.Rung is ReadinessRung.Process);
        var fresh = started is not null && (machine.Spec.Ephemeral || machine.Spec.DiskGiB == 0 || (await FindImageAsync(client, machine, cancellation))?.Features.Contains("stateless") == true);
        return fresh ? $"warren-{machine.Id}-{started!.At.ToUnixTimeSeconds()}" : $"warren-{machine.Id}";
    }

    /// <summary>The image that a machine was made from, or null where it is gone or there was none.</summary>
    public static async Task<Image?> FindImageAsync(WarrenClient client, Machine machine, CancellationToken cancellation)
    {
        if (machine.Image is not { } image) return null;
        try
        {
            return await client.GetImageAsync(image, cancellation);
        }
        catch (WarrenException e) when (e.Kind is "not-found")
        {
            return null;
        }
    }
}
