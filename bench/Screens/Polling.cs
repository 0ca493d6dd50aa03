using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Warren.Bench.Screens;

/// <summary>poll(2): one thread waits for hundreds of sockets without a thread or a task for each, so that the load costs little itself.</summary>
internal static partial class Polling
{
    public const short In = 1, Out = 4;

    /// <summary>As in poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Waiting
    {
        public int Socket;
        public short For;
        public short Came;
    }

    /// <summary>Waits until something came, or for so many milliseconds.</summary>
    public static void Wait(Waiting[] sockets, int count, int milliseconds)
    {
        if (Poll(ref MemoryMarshal.GetArrayDataReference(sockets), (nuint)count, milliseconds) < 0 && Marshal.GetLastPInvokeError() != Interrupted)
            throw new Win32Exception();
    }

    private const int Interrupted = 4;

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Waiting sockets, nuint count, int milliseconds);
}
