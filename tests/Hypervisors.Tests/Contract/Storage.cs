using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_pool_is_made_once_listed_as_ours_and_forgotten_with_its_files_kept()
    {
        var storage = Need(Driver.Storage, "storage pools");
        var path = await MakePoolAsync("warren-test");
        await storage.CreateAsync("warren-test", path, Cancellation);
        var found = (await NewDriver().Storage!.ListAsync(Cancellation)).Single(p => p.Name == "warren-test");
        (found.Ours, found.Active, found.Path).ShouldBe((true, true, path));
        found.FreeBytes.ShouldBeInRange(1, found.CapacityBytes);
        var file = Path.Combine(path, "kept.txt");
        await File.WriteAllTextAsync(file, "kept", Cancellation);
        for (var i = 0; i < 2; i++) await storage.DeleteAsync("warren-test", Cancellation);
        (await storage.ListAsync(Cancellation)).ShouldNotContain(p => p.Name == "warren-test");
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldBe("kept");
    }

    [Fact]
    public async Task A_pool_of_the_same_name_or_without_a_folder_is_Rejected()
    {
        var storage = Need(Driver.Storage, "storage pools");
        var path = await MakePoolAsync("warren-test");
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => storage.CreateAsync("warren-test", path + "-2", Cancellation), "same name");
        foreach (var bad in new[] { "relative", path + "/../x", "/dev/null/x" })
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => storage.CreateAsync("warren-test2", bad, Cancellation), bad);
        (await storage.ListAsync(Cancellation)).ShouldNotContain(p => p.Name == "warren-test2");
    }

    [Fact]
    public async Task A_pool_that_is_not_ours_is_shown_and_never_deleted()
    {
        var storage = Need(Driver.Storage, "storage pools");
        var foreign = (await storage.ListAsync(Cancellation)).FirstOrDefault(p => !p.Ours);
        Assert.SkipWhen(foreign is null, "the host has no pool that is not ours");
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => storage.DeleteAsync(foreign.Name, Cancellation));
        (await storage.ListAsync(Cancellation)).ShouldContain(p => p.Name == foreign.Name);
    }

    private async Task<string> MakePoolAsync(string name)
    {
        foreach (var folder in new[] { PoolFolder, PoolFolder + "-2" })
        {
            Afterwards(() =>
            {
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
                return Task.CompletedTask;
            });
        }

        foreach (var pool in new[] { name, "warren-test2" }) Afterwards(() => Driver.Storage!.DeleteAsync(pool, CancellationToken.None));
        await Driver.Storage!.CreateAsync(name, PoolFolder, Cancellation);
        return PoolFolder;
    }
}
