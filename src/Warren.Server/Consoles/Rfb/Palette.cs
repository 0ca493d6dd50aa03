namespace Warren.Server.Consoles.Rfb;

/// <summary>The few colours that many a part of a desktop has.</summary>
internal static class Palette
{
    /// <summary>Most colours of one: more cost more than they save.</summary>
    public const int Most = 128;

    private const uint Colour = 0xffffff;
    private const int Slots = 512;

    /// <summary>The colours in the order of their first pixel; 0 when there are more than fit.</summary>
    public static int Find(ReadOnlySpan<uint> pixels, Span<uint> colours)
    {
        Span<short> slots = stackalloc short[Slots];
        slots.Clear();
        var (count, last) = (0, 0u);
        foreach (var raw in pixels)
        {
            var pixel = raw & Colour;
            if (count > 0 && pixel == last) continue;
            last = pixel;
            var slot = SlotOf(slots, colours, pixel);
            if (slots[slot] != 0) continue;
            if (count == colours.Length) return 0;
            colours[count++] = pixel;
            slots[slot] = (short)count;
        }

        return count;
    }

    /// <summary>One bit a pixel, set for the second colour; each row begins with a new byte.</summary>
    public static void Bits(ReadOnlySpan<uint> pixels, int width, uint second, Span<byte> to)
    {
        to.Clear();
        var across = (width + 7) / 8;
        for (var i = 0; i < pixels.Length; i++)
        {
            if ((pixels[i] & Colour) == second) to[i / width * across + i % width / 8] |= (byte)(0x80 >> (i % width % 8));
        }
    }

    /// <summary>One byte a pixel.</summary>
    public static void Indices(ReadOnlySpan<uint> pixels, ReadOnlySpan<uint> colours, Span<byte> to)
    {
        Span<short> slots = stackalloc short[Slots];
        slots.Clear();
        for (var i = 0; i < colours.Length; i++) slots[SlotOf(slots, colours, colours[i])] = (short)(i + 1);
        for (var i = 0; i < pixels.Length; i++) to[i] = (byte)(slots[SlotOf(slots, colours, pixels[i] & Colour)] - 1);
    }

    private static int SlotOf(ReadOnlySpan<short> slots, ReadOnlySpan<uint> colours, uint pixel)
    {
        var slot = (int)((pixel * 2654435761u) >> 23);
        while (slots[slot] != 0 && colours[slots[slot] - 1] != pixel) slot = (slot + 1) & (Slots - 1);
        return slot;
    }
}
