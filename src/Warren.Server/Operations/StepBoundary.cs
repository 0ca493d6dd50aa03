namespace Warren.Server.Operations;

/// <summary>The ordinary boundary: nothing happens there.</summary>
internal sealed class OpenBoundary : IStepBoundary
{
    public void Reached(string kind, string step, bool after) { }
}

/// <summary>
/// Ends this process the hard way (SIGKILL) at one named boundary, <c>kind:step:decided</c> or <c>kind:step:committed</c>,
/// so that crash safety is tested on the real server. Only made when <c>Operations:KillAt</c> is set.
/// </summary>
internal sealed class KillingBoundary(string at) : IStepBoundary
{
    public void Reached(string kind, string step, bool after)
    {
        if (at == $"{kind}:{step}:{(after ? "decided" : "committed")}")
            System.Diagnostics.Process.GetCurrentProcess().Kill();
    }
}
