using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>Names, paths and texts reach the engine as data or not at all.</summary>
public abstract partial class HypervisorContract
{
    private static readonly string[] s_hostile =
    [
        "../up", "a/b", "", ".", "..", "-x", "--help", "A", "a b", "a,b", "a\nb", "a\0b", "a\"b", "a'b", "a;id", "a=b", "a%s",
        "$(id)", "`id`", "${HOME}", "<a>", "a&b", "ümlaut", "日本", "a\u202eb",
    ];

    [Fact]
    public async Task A_hostile_id_is_refused_everywhere()
    {
        foreach (var id in s_hostile.Append(new string('a', DefinitionRules.LongestId + 1)))
        {
            var machine = Define() with { Id = id };
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine), id);
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.StartAsync(machine, Cancellation), id);
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.StopAsync(id, Cancellation), id);
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.KillAsync(id, Cancellation), id);
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.DeleteAsync(id, Cancellation), id);
            await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.ObserveAsync(id, Cancellation), id);
        }

        NothingIsLeft();
    }

    [Fact]
    public async Task A_hostile_name_is_Rejected_and_leaves_nothing()
    {
        foreach (var name in s_hostile.Append("-a").Append("a-").Append(new string('a', 64)))
        {
            var machine = Define() with { Name = name };
            (await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine), name)).Message.ShouldStartWith("name ");
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        }

        NothingIsLeft();
    }

    [Fact]
    public async Task A_hostile_snapshot_network_or_pool_is_Rejected()
    {
        Assert.SkipWhen(Driver.Snapshots is null && Driver.Networks is null && Driver.Storage is null,
            $"the driver {Driver.Kind} has no snapshots, networks or storage");
        var machine = await CreateAsync();
        foreach (var name in s_hostile)
        {
            if (Driver.Snapshots is { } snapshots)
            {
                await ShouldFailAsync(HypervisorErrorKind.Rejected, () => snapshots.CreateAsync(machine.Id, name, false, Cancellation), name);
                await ShouldFailAsync(HypervisorErrorKind.Rejected, () => snapshots.RestoreAsync(machine.Id, name, null, Cancellation), name);
                await ShouldFailAsync(HypervisorErrorKind.Rejected, () => snapshots.DeleteAsync(machine.Id, name, Cancellation), name);
            }

            if (Driver.Networks is { } networks)
            {
                await ShouldFailAsync(HypervisorErrorKind.Rejected, () => networks.CreateAsync(FreeNetwork with { Name = name }, Cancellation), name);
                await ShouldFailAsync(HypervisorErrorKind.Rejected, () => networks.DeleteAsync(name, Cancellation), name);
            }

            if (Driver.Storage is { } storage)
            {
                await ShouldFailAsync(HypervisorErrorKind.Rejected, () => storage.CreateAsync(name, PoolFolder, Cancellation), name);
                await ShouldFailAsync(HypervisorErrorKind.Rejected, () => storage.DeleteAsync(name, Cancellation), name);
            }
        }
    }

    [Theory]
    [InlineData("a b, c=d; $(touch x) `id` %s", "-o ü日本 & <f> #1.img")]
    [InlineData("it's \"quoted\" \\n {0} *?[x]", "file:x,format=raw.img")]
    public async Task A_boot_file_with_a_hostile_path_is_used_as_it_is(string folder, string file)
    {
        var scratch = Directory.CreateTempSubdirectory("warren-names-");
        Afterwards(() =>
        {
            scratch.Delete(recursive: true);
            return Task.CompletedTask;
        });
        var path = Path.Combine(scratch.CreateSubdirectory(folder).FullName, file);
        File.Copy(Image.Path, path);
        var machine = await StartAsync(Define() with { Boot = Image with { Path = path } });
        await Eventually.TrueAsync("the machine runs from it", async () => (await LookAsync(machine)).FirmwareRan, SecondsToBoot);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }
}
