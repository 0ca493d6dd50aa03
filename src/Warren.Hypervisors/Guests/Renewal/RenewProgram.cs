using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Warren.Hypervisors.Guests.Renewal;

/// <summary>
/// renew.s, assembled: ELF header, one program header and the code, 337 bytes, x86-64. A test assembles it anew. And renew.sh,
/// which runs it.
/// </summary>
internal static class RenewProgram
{
    /// <summary>Random bytes that it reads.</summary>
    internal const int Entropy = 256;

    /// <summary>The file.</summary>
    internal static byte[] Bytes { get; } = Convert.FromBase64String(
        "f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAFAAAAAAAAAAAA" +
        "AAAAAEAAAAAAAAAAQAAAAAAAUQEAAAAAAABRAQAAAAAAAAAQAAAAAAAAMe1IgewAAgAASI28JBABAAC5GgAAADHA80irMcAx/0iNNCy6" +
        "EAEAACnqDwWFwA+OjAAAAAHFgf0QAQAAct3HhCQQAQAAACEAAEiLBCRIiYQkWAEAAEiLRCQISImEJGABAAC4nwAAAEiNvCQQAQAADwWF" +
        "wHhLuAIAAABIjT1LAAAAvgEAAAAPBYXAeDSJw7gBAAAAid9IjXQkELoAAQAADwU9AAEAAHUYuBAAAACJ374HUgAAMdIPBYXAeAQx/+sF" +
        "vwEAAAC4PAAAAA8FL2Rldi91cmFuZG9tAA==");

    /// <summary>The file as escapes that printf(1) of every shell knows.</summary>
    internal static string Escaped { get; } = string.Concat(Bytes.Select(b => "\\" + Convert.ToString(b, 8).PadLeft(3, '0')));

    /// <summary>renew.sh.</summary>
    internal static string Script { get; } = ReadScript();

    /// <summary>What the program reads: by how much the clock is late, and fresh entropy. It is moved, not set: when the guest comes to it does not matter.</summary>
    internal static byte[] Input(TimeSpan late)
    {
        var time = new byte[16];
        var seconds = Math.Floor(late.TotalSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(time, (long)seconds);
        BinaryPrimitives.WriteInt64LittleEndian(time.AsSpan(8), (late - TimeSpan.FromSeconds(seconds)).Ticks * TimeSpan.NanosecondsPerTick);
        return [.. time, .. RandomNumberGenerator.GetBytes(Entropy)];
    }

    /// <summary>The script where it moves the clock, and renews nothing else but entropy.</summary>
    internal static GuestExec ForClock(TimeSpan late, TimeSpan limit) => new("/bin/sh", ["-c", Script, "renew", "", "", "", "", Escaped], Input(late), limit);

    private static string ReadScript()
    {
        using var stream = typeof(RenewProgram).Assembly.GetManifestResourceStream("renew.sh")!;
        return new StreamReader(stream).ReadToEnd();
    }
}
