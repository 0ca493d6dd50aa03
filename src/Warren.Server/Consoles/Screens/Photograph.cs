using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>A screen as it was at one moment, perhaps smaller.</summary>
internal sealed class Photograph
{
    /// <summary>What a picture's width may be, pixels.</summary>
    public const int SmallestWidth = 16, LargestWidth = 7680;

    private const int MostTries = 20;

    private readonly uint[] _pixels;
    private readonly int _width;

    private Photograph(uint[] pixels, int width, int height, int screenWidth, int screenHeight)
    {
        (_pixels, _width, ScreenWidth, ScreenHeight) = (pixels, width, screenWidth, screenHeight);
        Tag = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<uint>(pixels)).AsSpan(0, 12)) + "-" + width + "x" + height;
    }

    /// <summary>Width of the screen itself, pixels: what a pointer's place is counted in.</summary>
    public int ScreenWidth { get; }

    public int ScreenHeight { get; }

    /// <summary>The same for the same picture.</summary>
    public string Tag { get; }

    /// <summary>Takes one.</summary>
    /// <param name="shadow">The screen, which shows something.</param>
    /// <param name="width">Width to which it is made smaller; null or more than there is: as it is.</param>
    public static Photograph Take(Shadow shadow, int? width)
    {
        var (picture, pixels) = Copy(shadow);
        return Of(picture.Width, picture.Height, pixels, width);
    }

    /// <summary>The same of a picture that nobody changes.</summary>
    public static Photograph Of(Framebuffer picture, int? width) => Of(picture.Width, picture.Height, picture.Pixels.ToArray(), width);

    /// <summary>Tells with an answer how large the screen itself is; the picture is for whoever asked.</summary>
    public void Announce(HttpResponse answer)
    {
        answer.Headers["Warren-Screen"] = string.Create(CultureInfo.InvariantCulture, $"{ScreenWidth}x{ScreenHeight}");
        answer.Headers.CacheControl = "private, no-cache";
    }

    public byte[] ToPng() => Png.Encode(_pixels, _width);

    private static Photograph Of(int screenWidth, int screenHeight, uint[] pixels, int? width)
    {
        foreach (ref var pixel in pixels.AsSpan()) pixel &= 0xffffff;
        if (width is not { } wanted || wanted >= screenWidth) return new(pixels, screenWidth, screenHeight, screenWidth, screenHeight);
        var height = Math.Max(1, (int)((long)screenHeight * wanted / screenWidth));
        return new(Shrink(pixels, screenWidth, screenHeight, wanted, height), wanted, height, screenWidth, screenHeight);
    }

    /// <summary>Not half of a change; but a screen that never rests is taken as it is.</summary>
    private static (Framebuffer Picture, uint[] Pixels) Copy(Shadow shadow)
    {
        for (var tries = 1; ; tries++)
        {
            var (picture, writes) = Look();
            var pixels = picture.Pixels.ToArray();
            if (writes % 2 == 0 && Look().Writes == writes || tries == MostTries) return (picture, pixels);
        }

        (Framebuffer Picture, long Writes) Look()
        {
            lock (shadow.Gate) return (shadow.Picture!, shadow.Writes);
        }
    }

    /// <summary>Each pixel is the mean of those it stands for.</summary>
    private static uint[] Shrink(uint[] from, int width, int height, int toWidth, int toHeight)
    {
        var to = new uint[toWidth * toHeight];
        for (var y = 0; y < toHeight; y++)
        for (var x = 0; x < toWidth; x++)
        {
            int left = x * width / toWidth, right = Math.Max(left + 1, (x + 1) * width / toWidth);
            int top = y * height / toHeight, bottom = Math.Max(top + 1, (y + 1) * height / toHeight);
            uint red = 0, green = 0, blue = 0, count = (uint)((right - left) * (bottom - top));
            for (var row = top; row < bottom; row++)
            {
                foreach (var pixel in from.AsSpan(row * width + left, right - left)) (red, green, blue) = (red + (pixel >> 16), green + (pixel >> 8 & 255), blue + (pixel & 255));
            }

            to[y * toWidth + x] = red / count << 16 | green / count << 8 | blue / count;
        }

        return to;
    }
}
