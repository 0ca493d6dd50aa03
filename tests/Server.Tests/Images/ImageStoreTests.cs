using Warren.Server.Images;

namespace Warren.Server.Tests.Images;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ImageStoreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("warren-store-").FullName;
    private readonly string hash = new('a', 64);

    private ImageStore Store => new(folder, new ImageOptions { ReservedFreeBytes = 0 });

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Incoming(string operation, string content = "x")
    {
        var file = Path.Combine(Store.IncomingFolder(operation), "image");
        File.WriteAllText(file, content);
        return file;
    }

    [Fact]
    public void Content_is_put_read_only_at_its_address()
    {
        var path = Store.Put(Incoming("op1"), hash);
        path.ShouldBe(Path.Combine(folder, "sha256", "aa", hash));
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead);
        Store.Contains(hash).ShouldBeTrue();
        Store.List().ShouldBe([hash]);
    }

    [Fact]
    public void The_same_content_twice_is_one_file()
    {
        var first = Store.Put(Incoming("op1"), hash);
        var second = Incoming("op2", "y");
        Store.Put(second, hash).ShouldBe(first);
        File.Exists(second).ShouldBeFalse();
        File.ReadAllText(first).ShouldBe("x");
    }

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("AAAA")]
    [InlineData("")]
    public void An_address_is_64_digits_and_nothing_else(string address) => Should.Throw<ArgumentException>(() => Store.PathOf(address));

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a\n")]
    public void An_operation_id_cannot_leave_the_incoming_folder(string id) => Should.Throw<ArgumentException>(() => Store.IncomingFolder(id));

    [Fact]
    public void Files_from_elsewhere_are_not_put()
    {
        var file = Path.Combine(folder, "elsewhere");
        File.WriteAllText(file, "x");
        Should.Throw<ArgumentException>(() => Store.Put(file, hash));
        Should.Throw<ArgumentException>(() => Store.Put(Path.Combine(folder, "incoming", "..", "elsewhere"), hash));
    }

    [Fact]
    public void Incoming_files_are_private_and_removed_by_operation()
    {
        Incoming("op1");
        Incoming("op2");
        File.GetUnixFileMode(Path.Combine(folder, "incoming", "op1")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Store.RemoveIncoming("op1");
        Store.RemoveIncoming("op1");
        Store.ListIncoming().ShouldBe(["op2"]);
    }

    [Fact]
    public void Removing_is_done_once_and_can_be_repeated()
    {
        Store.Put(Incoming("op1"), hash);
        Store.Remove(hash);
        Store.Remove(hash);
        Store.Contains(hash).ShouldBeFalse();
    }

    [Fact]
    public void A_full_disk_is_said_in_bytes()
    {
        var failure = Should.Throw<ImageException>(() => Store.RequireSpace(long.MaxValue));
        failure.Code.ShouldBe(ImageErrors.NoSpace);
        failure.Message.ShouldContain($"{long.MaxValue} bytes");
    }
}
