using System.Security.Cryptography;
using Warren.Hypervisors.Commands;
using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

/// <summary>A private folder, a local web server and options that fit tests.</summary>
public abstract class ImageTestBase : IAsyncLifetime
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("warren-images-").FullName;

    protected LocalWeb Web { get; private set; } = null!;

    protected CommandRunner Runner { get; } = new();

    protected static ImageOptions Options => new()
    {
        AllowPrivateAddresses = true,
        RetryDelay = TimeSpan.FromMilliseconds(10),
        StallTimeout = TimeSpan.FromSeconds(20),
        ReservedFreeBytes = 0,
        CheckpointBytes = 64 << 10,
        MinimumIsoBytes = 40 << 10,
    };

    protected string At(string name) => Path.Combine(Folder, name);

    protected static byte[] Bytes(int count) => RandomNumberGenerator.GetBytes(count);

    protected static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    protected async Task<string> QemuImgAsync(params string[] arguments) => await Runner.RequireAsync(new Command("qemu-img", arguments));

    public virtual async ValueTask InitializeAsync() => Web = await LocalWeb.StartAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }
}
