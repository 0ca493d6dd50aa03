using Warren.Cli.Arguments;
using Warren.Contracts;

namespace Cli.Tests.Arguments;

public sealed class SizesTests
{
    [Theory]
    [InlineData("512M", 512)]
    [InlineData("1G", 1024)]
    [InlineData("1.5g", 1536)]
    [InlineData("2 GiB", 2048)]
    [InlineData("1024", 1024)]
    [InlineData("768MB", 768)]
    [InlineData("1T", 1048576)]
    public void Memory_is_read_in_binary_units_and_bare_numbers_are_MiB(string text, int expected) => Sizes.MemoryMiB(text).ShouldBe(expected);

    [Theory]
    [InlineData("10G", 10)]
    [InlineData("10", 10)]
    [InlineData("5120M", 5)]
    [InlineData("1t", 1024)]
    public void Disks_are_whole_GiB_and_bare_numbers_are_GiB(string text, int expected) => Sizes.DiskGiB(text).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("G")]
    [InlineData("lots")]
    [InlineData("-1G")]
    [InlineData("0")]
    [InlineData("1.3M")]
    [InlineData("1K")]
    [InlineData("1e3")]
    [InlineData("999999999999999999999999999999999999G")]
    [InlineData("900000000T")]
    public void What_is_no_size_is_refused_with_the_field(string text)
        => Should.Throw<WarrenException>(() => Sizes.MemoryMiB(text)).Problem.Errors!.Keys.ShouldBe(["--memory"]);

    [Theory]
    [InlineData("1.5G")]
    [InlineData("512M")]
    public void A_disk_of_a_broken_number_of_GiB_is_refused(string text)
        => Should.Throw<WarrenException>(() => Sizes.DiskGiB(text)).Problem.Errors!["--disk"][0].ShouldContain("whole number of GiB");
}
