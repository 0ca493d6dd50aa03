using System.Text;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Ssh;

/// <summary>Waits for the SSH server of a machine that has no forward: the server's own ladder does not look there.</summary>
internal static class Greeting
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public static async Task WaitAsync(Invocation call, Machine machine, TimeSpan timeout, CancellationToken cancellation)
    {
        if (await IsThereAsync(call, machine, cancellation)) return;
        var began = call.Around.Time.GetTimestamp();
        await new ProgressDisplay(call.Screen).ShowAsync([machine.Name], async parts =>
        {
            parts[0].Report(new ProgressDisplay.Step(0, "waiting for ssh"));
            do
            {
                if (call.Around.Time.GetElapsedTime(began) > timeout)
                    throw Refusal.Of("timeout", "No SSH yet", $"no SSH server answers in {machine.Name}");
                await Task.Delay(s_pause, call.Around.Time, cancellation);
            }
            while (!await IsThereAsync(call, machine, cancellation));
            return true;
        });
    }

    private static async Task<bool> IsThereAsync(Invocation call, Machine machine, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(s_patience, call.Around.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
        try
        {
            await using var port = await call.Client.OpenPortAsync(machine.Id, SshVerb.Port, cancellation);
            var greeting = new byte[4];
            return await port.ReadAtLeastAsync(greeting, 4, throwOnEndOfStream: false, either.Token) == 4 && Encoding.ASCII.GetString(greeting) == "SSH-";
        }
        catch (WarrenException e) when (e.Kind is "port-closed" or "hypervisor")
        {
            return false;
        }
        catch (Exception e) when (e is PortEndedException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }
}
