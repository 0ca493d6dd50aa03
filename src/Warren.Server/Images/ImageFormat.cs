using System.Text.Json;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;

namespace Warren.Server.Images;

/// <summary>What a file was found to be.</summary>
/// <param name="Format"><c>qcow2</c>, <c>raw</c>, <c>iso</c> or <c>container</c>.</param>
/// <param name="VirtualBytes">Size the guest sees.</param>
/// <param name="FileBytes">Size of the file.</param>
public sealed record ImageInspection(string Format, long VirtualBytes, long FileBytes);

/// <summary>
/// Finds a file's true format. Our own code reads the first bytes; only a file that passed is shown to qemu-img, with its format
/// named and under limits of memory, time and written bytes.
/// </summary>
public sealed class ImageFormat(CommandRunner runner, ImageOptions options)
{
    private static readonly TimeSpan InfoTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromMinutes(5);
    private const int LeaksOnly = 3;

    /// <summary>Looks at a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="declared">The format it was said to have, or null. It must then be that one.</param>
    /// <param name="cancellation">Ends the check.</param>
    /// <exception cref="ImageException">Not a disk or ISO, not the declared one, unsafe, damaged or too large; the message says what it really is.</exception>
    public async Task<ImageInspection> InspectAsync(string path, string? declared, CancellationToken cancellation)
    {
        var full = Path.GetFullPath(path);
        var (head, tail, length) = await ReadEndsAsync(full, cancellation);
        var found = Recognize(head, tail, length, declared);
        if (declared is not null && declared != found)
            throw Refuse($"the file was declared as {declared} but is {found}");
        var virtualBytes = found switch
        {
            "qcow2" => await InspectQcow2Async(full, Qcow2Header.Read(head, length), cancellation),
            "iso" => InspectIso(head, length),
            "container" => await ContainerArchive.InspectAsync(full, options.MaximumVirtualBytes, cancellation),
            _ => length,
        };
        if (virtualBytes > options.MaximumVirtualBytes)
            throw new ImageException(ImageErrors.TooLarge, $"the disk is {virtualBytes} bytes large inside, more than the allowed {options.MaximumVirtualBytes}");
        return new ImageInspection(found, virtualBytes, length);
    }

    private static string Recognize(byte[] head, byte[] tail, long length, string? declared)
    {
        if (Qcow2Header.IsMagic(head)) return "qcow2";
        if (FileSignature.IsIso(head))
        {
            // The first 32 KiB are the booter's own; what another program would take the file for is no booter.
            if (FileSignature.DescribeOther(head) is { } too) throw Refuse($"the file is an ISO, and at the same time {too}");
            return "iso";
        }

        if (FileSignature.IsTar(head)) return "container";
        var other = FileSignature.IsVhdFooter(tail) ? "a Hyper-V disk (VHD)" : FileSignature.DescribeOther(head);
        if (other is not null)
        {
            var remedy = other.Contains("disk (V", StringComparison.Ordinal) ? "; convert it first: qemu-img convert -O qcow2" : other.Contains("compressed", StringComparison.Ordinal) ? "; unpack it first" : "";
            throw Refuse($"the file is not a disk image or ISO: it is {other}{remedy}");
        }

        if (length % 512 != 0 || length == 0) throw Refuse("the file is not a disk image or ISO: its size is not a multiple of 512 bytes");
        if (FileSignature.IsPartitioned(head) || declared == "raw") return "raw";
        throw Refuse("the file has neither the mark of a qcow2 image, an ISO nor a partition table; if it is a raw disk without partitions, say so: format raw");
    }

    private long InspectIso(byte[] head, long length)
    {
        if (length < options.MinimumIsoBytes) throw Refuse($"the ISO has {length} bytes; at least {options.MinimumIsoBytes} are expected of a bootable one");
        if (FileSignature.IsoBytes(head) is { } claimed && claimed > length) throw Refuse($"the ISO is cut off: it has {length} of {claimed} bytes");
        return length;
    }

    private async Task<long> InspectQcow2Async(string path, Qcow2Header header, CancellationToken cancellation)
    {
        if (header.VirtualBytes > options.MaximumVirtualBytes) return header.VirtualBytes;
        var info = await QemuImgAsync(["info", "--output=json", "-f", "qcow2", path], InfoTimeout, cancellation);
        if (info.ExitCode != 0) throw Refuse($"qemu-img cannot read the image: {Tail(info.Error)}");
        using var json = JsonDocument.Parse(info.Output);
        var root = json.RootElement;
        if (root.TryGetProperty("backing-filename", out _) || root.TryGetProperty("encrypted", out var encrypted) && encrypted.ValueKind == JsonValueKind.True)
            throw Refuse("the image has a backing file or is encrypted");
        var size = root.GetProperty("virtual-size").GetInt64();
        if (size != header.VirtualBytes) throw Refuse("the image's header and qemu-img disagree about its size");
        var check = await QemuImgAsync(["check", "-f", "qcow2", path], CheckTimeout, cancellation);
        if (check.ExitCode is not (0 or LeaksOnly)) throw Refuse($"the image is damaged: {Tail(check.Error.Length > 0 ? check.Error : check.Output)}");
        return size;
    }

    private async Task<CommandResult> QemuImgAsync(string[] arguments, TimeSpan timeout, CancellationToken cancellation)
    {
        // 1 GiB and 30 s of CPU for info are what OpenStack gives qemu-img; nothing is written, so no file may grow.
        string[] limits = ["--as=1073741824", $"--cpu={(int)timeout.TotalSeconds}", "--core=0", "--fsize=0"];
        try
        {
            return await runner.RunAsync(new Command("prlimit", [.. limits, "qemu-img", .. arguments]) { Timeout = timeout }, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unsupported)
        {
            // No prlimit (util-linux) here: the timeout remains.
            return await runner.RunAsync(new Command("qemu-img", arguments) { Timeout = timeout }, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable)
        {
            throw Refuse($"qemu-img did not finish reading the image within {timeout.TotalSeconds:0} s");
        }
    }

    private static async Task<(byte[] Head, byte[] Tail, long Length)> ReadEndsAsync(string path, CancellationToken cancellation)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        var head = new byte[Math.Min(stream.Length, Qcow2Header.MaximumHeaderBytes)];
        await stream.ReadExactlyAsync(head, cancellation);
        var tail = new byte[Math.Min(stream.Length, 512)];
        stream.Position = stream.Length - tail.Length;
        await stream.ReadExactlyAsync(tail, cancellation);
        return (head, tail, stream.Length);
    }

    private static string Tail(string text)
    {
        var line = text.Trim().Split('\n')[^1];
        return line.Length > 300 ? line[^300..] : line;
    }

    private static ImageException Refuse(string message) => new(ImageErrors.FormatRefused, message);
}
