namespace Warren.Contracts;

/// <summary>What is done at a machine's screen, step after step. All of it is checked before anything is done.</summary>
public sealed record ScreenInput
{
    /// <summary>1 to 256 steps.</summary>
    public required IReadOnlyList<InputStep> Steps { get; init; }
}

/// <summary>One step; exactly one of its parts is given.</summary>
public sealed record InputStep
{
    /// <summary>Text that is typed as on a US keyboard; line feed is Enter. All texts together: at most 1,000 characters.</summary>
    public string? Text { get; init; }

    /// <summary>Keys that are pressed together, joined by <c>+</c>: <c>ctrl+alt+delete</c>, <c>f2</c>, <c>a</c>.</summary>
    public string? Keys { get; init; }

    /// <summary>What the mouse does.</summary>
    public MouseStep? Mouse { get; init; }

    /// <summary>A pause, milliseconds; all pauses together: at most 10,000.</summary>
    public int? PauseMilliseconds { get; init; }
}

/// <summary>What the mouse does.</summary>
/// <param name="X">Place, pixels of the screen itself from its left; the header <c>Warren-Screen</c> of a screenshot tells how many there are.</param>
/// <param name="Y">Pixels from its top.</param>
public sealed record MouseStep(int X, int Y)
{
    /// <summary>What it does there.</summary>
    public MouseAction Action { get; init; } = MouseAction.Click;

    /// <summary>With which button.</summary>
    public MouseButton Button { get; init; } = MouseButton.Left;
}

/// <summary>What a mouse does.</summary>
public enum MouseAction
{
    /// <summary>Presses and lets go.</summary>
    Click,

    /// <summary>Does that twice.</summary>
    DoubleClick,

    /// <summary>Goes there.</summary>
    Move,

    /// <summary>Presses and holds: with a later <see cref="Up"/> elsewhere, something is dragged.</summary>
    Down,

    /// <summary>Lets go.</summary>
    Up,

    /// <summary>Turns the wheel up by one notch.</summary>
    ScrollUp,

    /// <summary>Turns the wheel down by one notch.</summary>
    ScrollDown,
}

/// <summary>Buttons of a mouse.</summary>
public enum MouseButton
{
    /// <summary>The first.</summary>
    Left,

    /// <summary>The wheel itself.</summary>
    Middle,

    /// <summary>The one that opens menus.</summary>
    Right,
}

/// <summary>A picture of a machine's screen.</summary>
/// <param name="Png">The picture, PNG.</param>
/// <param name="ScreenWidth">Width of the screen itself, pixels.</param>
/// <param name="ScreenHeight">Height of the screen itself, pixels.</param>
public sealed record Screenshot(byte[] Png, int ScreenWidth, int ScreenHeight);

/// <summary>What a viewer may do with a screen.</summary>
public enum ViewerRole
{
    /// <summary>See only: keys, pointer, clipboard and sizes are read and dropped by the server.</summary>
    View,

    /// <summary>See and type.</summary>
    Control,
}
