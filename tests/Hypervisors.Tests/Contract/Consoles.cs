using System.Buffers.Binary;
using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task The_screen_greets_in_RFB_also_a_new_driver_and_only_while_the_machine_runs()
    {
        var facet = Need(Driver.Screen, "screen");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => facet.OpenRfbAsync(machine.Id, Cancellation));
        await Driver.StartAsync(machine, Cancellation);
        foreach (var driver in new[] { Driver, NewDriver() })
        {
            await using var screen = await driver.Screen!.OpenRfbAsync(machine.Id, Cancellation);
            var greeting = new byte[12];
            await screen.ReadExactlyAsync(greeting, Cancellation);
            Encoding.ASCII.GetString(greeting).ShouldBe("RFB 003.008\n");
        }
    }

    [Fact]
    public async Task The_screen_shows_a_picture_and_takes_keys()
    {
        var facet = Need(Driver.Screen, "screen");
        var machine = await StartAsync();
        await using var screen = await facet.OpenRfbAsync(machine.Id, Cancellation);
        var (width, height) = await GreetAsync(screen);
        width.ShouldBeInRange(1, 8192);
        height.ShouldBeInRange(1, 8192);
        await ReadPictureAsync(screen, width, height);
        // Key down and up, "a" (RFC 6143, 7.5.4); the connection goes on.
        foreach (var down in new byte[] { 1, 0 }) await screen.WriteAsync((byte[])[4, down, 0, 0, 0, 0, 0, 0x61], Cancellation);
        await ReadPictureAsync(screen, width, height);
    }

    [Fact]
    public async Task The_screen_and_the_serial_line_end_with_the_machine()
    {
        Assert.SkipWhen(Driver.Screen is null && Driver.Serial is null, $"the driver {Driver.Kind} has no consoles");
        var machine = await StartAsync();
        var lines = new List<Stream>();
        if (Driver.Screen is { } screen) lines.Add(await screen.OpenRfbAsync(machine.Id, Cancellation));
        if (Driver.Serial is { } serial) lines.Add(await serial.OpenAsync(machine.Id, Cancellation));
        await Driver.KillAsync(machine.Id, Cancellation);
        foreach (var line in lines)
        {
            await using (line)
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
                patience.CancelAfter(TimeSpan.FromSeconds(20));
                await ReadToEndAsync(line, patience.Token);
            }
        }
    }

    [Fact]
    public async Task The_serial_line_is_there_only_while_the_machine_runs_and_its_log_always()
    {
        var serial = Need(Driver.Serial, "serial line");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => serial.OpenAsync(machine.Id, Cancellation));
        (await SerialTextAsync(machine)).ShouldBeEmpty();
        await Driver.StartAsync(machine, Cancellation);
        await using (await serial.OpenAsync(machine.Id, Cancellation)) { }
        await Driver.KillAsync(machine.Id, Cancellation);
        await SerialTextAsync(machine);
    }

    [Fact]
    public async Task The_serial_log_keeps_what_the_guest_wrote()
    {
        Need(Driver.Serial, "serial line");
        var machine = await StartAsync();
        await Eventually.TrueAsync("the log has text", async () => (await SerialTextAsync(machine)).Length > 0, SecondsToBoot);
        await Driver.KillAsync(machine.Id, Cancellation);
        (await SerialTextAsync(machine)).ShouldNotBeEmpty("it outlives the run");
    }

    /// <summary>What the guest has written on its serial line so far.</summary>
    protected async Task<string> SerialTextAsync(MachineDefinition machine)
    {
        await using var log = await Driver.Serial!.OpenLogAsync(machine.Id, Cancellation);
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync(Cancellation);
    }

    /// <summary>The viewer's side of RFC 6143, 7.1 to 7.3, without authentication.</summary>
    private static async Task<(int Width, int Height)> GreetAsync(Stream screen)
    {
        Encoding.ASCII.GetString(await ReadAsync(screen, 12)).ShouldBe("RFB 003.008\n");
        await screen.WriteAsync("RFB 003.008\n"u8.ToArray(), Cancellation);
        var types = await ReadAsync(screen, (await ReadAsync(screen, 1))[0]);
        types.ShouldContain((byte)1, "security type None");
        await screen.WriteAsync((byte[])[1], Cancellation);
        (await ReadAsync(screen, 4)).ShouldBe(new byte[4], "security result OK");
        await screen.WriteAsync((byte[])[1], Cancellation);
        var init = await ReadAsync(screen, 24);
        await ReadAsync(screen, (int)BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(20)));
        // Our pixels: 32 bits, true colour. Then raw as the only encoding.
        await screen.WriteAsync((byte[])[0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0], Cancellation);
        await screen.WriteAsync((byte[])[2, 0, 0, 1, 0, 0, 0, 0], Cancellation);
        return (BinaryPrimitives.ReadUInt16BigEndian(init), BinaryPrimitives.ReadUInt16BigEndian(init.AsSpan(2)));
    }

    /// <summary>Asks for the whole picture and reads one update of raw rectangles inside it.</summary>
    private static async Task ReadPictureAsync(Stream screen, int width, int height)
    {
        await screen.WriteAsync((byte[])[3, 0, 0, 0, 0, 0, (byte)(width >> 8), (byte)width, (byte)(height >> 8), (byte)height], Cancellation);
        var head = await ReadAsync(screen, 4);
        head[0].ShouldBe((byte)0, "FramebufferUpdate");
        var rectangles = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2));
        rectangles.ShouldBeGreaterThan((ushort)0);
        for (var i = 0; i < rectangles; i++)
        {
            var rectangle = await ReadAsync(screen, 12);
            BinaryPrimitives.ReadInt32BigEndian(rectangle.AsSpan(8)).ShouldBe(0, "raw");
            int w = BinaryPrimitives.ReadUInt16BigEndian(rectangle.AsSpan(4)), h = BinaryPrimitives.ReadUInt16BigEndian(rectangle.AsSpan(6));
            await ReadAsync(screen, w * h * 4);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, patience.Token);
        return bytes;
    }

    /// <summary>Reads until the other side has closed; a reset is an end, too.</summary>
    private static async Task ReadToEndAsync(Stream stream, CancellationToken cancellation)
    {
        var bytes = new byte[4096];
        try
        {
            while (await stream.ReadAsync(bytes, cancellation) > 0) { }
        }
        catch (IOException)
        {
            // A reset.
        }
    }
}
