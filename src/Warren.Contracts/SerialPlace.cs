namespace Warren.Contracts;

/// <summary>
/// A text of a serial WebSocket with the subprotocol <c>warren.serial</c>: where in the kept log the next byte is. It comes
/// first, and again wherever the next byte is not the one behind the last; between two of them the client counts.
/// </summary>
/// <param name="Log">Which log: a place in one means nothing in another.</param>
/// <param name="At">The place: bytes that were written to the log before it.</param>
/// <param name="Missed">Bytes before it that are not kept any more; 0: it goes on where the client was; absent: it begins anew, and what is between is not known.</param>
/// <param name="End">The end of the log at that moment: what is before it was written before the terminal came.</param>
public sealed record SerialPlace(string Log, long At, long? Missed, long End);
