namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>A running machine that stands still for as long as something takes.</summary>
internal static class Standstill
{
    /// <summary>Stops its CPUs, does it, and lets them run again whatever came of it. One that was paused before stays so.</summary>
    internal static async Task DuringAsync(MachineFolder folder, QemuControl control, Func<Task> act, CancellationToken cancellation)
    {
        var status = await control.AskAsync(folder, "query-status", null, QemuControl.Limit, cancellation);
        // Continued in any case: a QEMU whose memory has been taken gives its disks up until then.
        string[] afterwards = (bool?)status?["running"] == true ? ["cont"] : ["cont", "stop"];
        try
        {
            // QEMU gives its memory once; to give it again, after a call that broke off, it must have run in between.
            if ((string?)status?["status"] == "postmigrate") await control.RunAsync(folder, cancellation, "cont");
            await control.AskAsync(folder, "stop", null, QemuControl.Limit, cancellation);
            await act();
        }
        catch
        {
            // Its own failure is the one to be told.
            await LetAsync(() => control.RunAsync(folder, CancellationToken.None, afterwards));
            throw;
        }

        await control.RunAsync(folder, CancellationToken.None, afterwards);
    }

    private static async Task LetAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (HypervisorException)
        {
            // It could not be helped.
        }
    }
}
