using System.Collections.Frozen;
using Warren.Contracts;
using static Warren.Contracts.GoldenImageState;

namespace Warren.Server.Images.Golden;

/// <summary>The one table of moves between states of a golden image. A move that is not in it throws.</summary>
internal static class GoldenImageStates
{
    private static readonly FrozenDictionary<GoldenImageState, GoldenImageState[]> Moves = new Dictionary<GoldenImageState, GoldenImageState[]>
    {
        [Building] = [Preparing, Failed, Deleting],
        [Preparing] = [Ready, Failed, Deleting],
        [Ready] = [Deleting],
        [Failed] = [Deleting],
        [Deleting] = [Failed],
    }.ToFrozenDictionary();

    public static bool CanMove(GoldenImageState from, GoldenImageState to) => from == to || Moves[from].Contains(to);

    /// <exception cref="InvalidOperationException">The move is not in the table.</exception>
    public static GoldenImageState Move(GoldenImageState from, GoldenImageState to)
        => CanMove(from, to) ? to : throw new InvalidOperationException($"A golden image cannot go from {from} to {to}.");
}
