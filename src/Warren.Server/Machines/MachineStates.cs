using System.Collections.Frozen;
using Warren.Contracts;
using static Warren.Contracts.MachineState;

namespace Warren.Server.Machines;

/// <summary>The one table of moves between machine states. A move that is not in it throws.</summary>
internal static class MachineStates
{
    private static readonly FrozenDictionary<MachineState, MachineState[]> Moves = new Dictionary<MachineState, MachineState[]>
    {
        [Creating] = [Starting, Stopped, Failed, Deleting],
        [Stopped] = [Starting, Running, Deleting, Failed, Unknown],
        [Starting] = [Running, Stopped, Suspended, Failed, Deleting, Unknown],
        [Running] = [Stopping, Stopped, Paused, Suspended, Failed, Deleting, Unknown],
        [Paused] = [Running, Stopping, Stopped, Suspended, Failed, Deleting, Unknown],
        [Suspended] = [Starting, Stopped, Failed, Deleting, Unknown],
        [Stopping] = [Stopped, Starting, Running, Failed, Deleting, Unknown],
        [Failed] = [Starting, Running, Stopped, Deleting],
        [Unknown] = [Running, Stopped, Paused, Suspended, Stopping, Failed, Deleting],
        [Deleting] = [Failed],
    }.ToFrozenDictionary();

    public static bool CanMove(MachineState from, MachineState to) => from == to || Moves[from].Contains(to);

    /// <exception cref="InvalidOperationException">The move is not in the table.</exception>
    public static MachineState Move(MachineState from, MachineState to)
        => CanMove(from, to) ? to : throw new InvalidOperationException($"A machine cannot go from {from} to {to}.");
}
