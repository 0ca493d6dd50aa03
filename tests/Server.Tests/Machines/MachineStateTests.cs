using Warren.Contracts;
using Warren.Server.Machines;

namespace Warren.Server.Tests.Machines;

/// <summary>Every pair of states, against the moves written down here by hand.</summary>
public sealed class MachineStateTests
{
    private const string Allowed = """
        creating: starting stopped failed deleting
        stopped: starting running deleting failed unknown
        starting: running stopped suspended failed deleting unknown
        running: stopping stopped paused suspended failed deleting unknown
        paused: running stopping stopped suspended failed deleting unknown
        suspended: starting stopped failed deleting unknown
        stopping: stopped starting running failed deleting unknown
        deleting: failed
        failed: starting running stopped deleting
        unknown: running stopped paused suspended stopping failed deleting
        """;

    public static TheoryData<MachineState, MachineState, bool> AllPairs()
    {
        var table = Allowed.Split('\n').Select(l => l.Trim().Split(':')).ToDictionary(
            p => Enum.Parse<MachineState>(p[0], ignoreCase: true),
            p => p[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => Enum.Parse<MachineState>(s, ignoreCase: true)).ToHashSet());
        var data = new TheoryData<MachineState, MachineState, bool>();
        foreach (var from in Enum.GetValues<MachineState>())
            foreach (var to in Enum.GetValues<MachineState>())
                data.Add(from, to, from == to || table[from].Contains(to));
        return data;
    }

    [Theory, MemberData(nameof(AllPairs))]
    public void Legal_moves_happen_and_illegal_ones_throw(MachineState from, MachineState to, bool legal)
    {
        MachineStates.CanMove(from, to).ShouldBe(legal);
        if (legal) MachineStates.Move(from, to).ShouldBe(to);
        else Should.Throw<InvalidOperationException>(() => MachineStates.Move(from, to));
    }
}
