using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images;

/// <summary>The catalogue, a signed entry of it, and recipes.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SourcesTests : ImageServerTests
{
    private GpgKey? key;

    protected override async Task WriteImagesFolderAsync()
    {
        key = await GpgKey.CreateAsync(Folder);
        await File.WriteAllBytesAsync(At("keys/test.asc"), key.Armoured);
        await File.WriteAllTextAsync(At("images/catalogue.yaml"), $$"""
            images:
              - name: cloud-1
                title: Cloud image
                aliases: [cloud]
                defaultUser: cloud
                minimumMemoryMiB: 256
                defaultMemoryMiB: 512
                minimumDiskGiB: 1
                approximateMiB: 1
                format: qcow2
                features: [ssh, cloud-init]
                folder: {{Web["/cloud/"]}}
                image: 'cloud-[0-9.]+\.img'
                imageFrom: checksums
                checksums: { name: SHA256SUMS }
                signature: { kind: checksums, name: SHA256SUMS.gpg, keys: { keyrings: [test.asc], fingerprints: [{{key.Fingerprint}}], remedy: none } }
            """);
        await RecipeAsync("good", """
            echo "PROGRESS 10 starting"
            qemu-img create -q -f qcow2 "$1/disk.qcow2" 8M
            echo "packages" > "$1/manifest.txt"
            echo "PROGRESS 100 done"
            """);
        await RecipeAsync("missing", "echo 'MISSING mtools cpio' >&2; exit 3");
        await RecipeAsync("broken", "echo 'error: the mirror is away' >&2; exit 1");
        await RecipeAsync("slow", $"""
            trap 'echo cleaned > "{At("cleaned")}"; kill %1; exit 143' TERM
            echo "PROGRESS 20 waiting"
            touch "$1/disk.qcow2"
            sleep 600 &
            wait
            """);
    }

    private async Task RecipeAsync(string name, string script)
    {
        Directory.CreateDirectory(At($"images/{name}"));
        await File.WriteAllTextAsync(At($"images/{name}/recipe.yaml"), $"name: {name}\ntitle: Recipe {name}\narchitecture: amd64\ndefaultUser: root\nminimumMemoryMiB: 128\ndefaultMemoryMiB: 192\nminimumDiskGiB: 1\nfeatures: [agent]\nestimatedSeconds: 20\n");
        await File.WriteAllTextAsync(At($"images/{name}/build"), $"#!/bin/bash\nset -eu\n{script}\n");
        File.SetUnixFileMode(At($"images/{name}/build"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public override async ValueTask DisposeAsync()
    {
        await key!.StopAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task<byte[]> ServeCloudAsync(GpgKey signer)
    {
        var content = await Qcow2Async();
        var sums = System.Text.Encoding.ASCII.GetBytes($"{Hash(content)} *cloud-1.2.img\n");
        Web.Serve("/cloud/cloud-1.2.img", content);
        Web.Serve("/cloud/SHA256SUMS", sums);
        Web.Serve("/cloud/SHA256SUMS.gpg", await signer.SignDetachedAsync(sums));
        return content;
    }

    [Fact]
    public async Task The_catalogue_lists_recipes_and_downloads_and_what_is_here()
    {
        var page = (await Server.Client.GetFromJsonAsync<Page<CatalogueEntry>>("catalogue", WarrenJson.Options))!;
        page.Items.Select(e => (e.Name, e.Kind)).ShouldBe([("broken", "recipe"), ("good", "recipe"), ("missing", "recipe"), ("slow", "recipe"), ("cloud-1", "download")], ignoreOrder: true);
        var good = page.Items.Single(e => e.Name == "good");
        (good.MinimumMemoryMiB, good.DefaultMemoryMiB, good.BuildSeconds, good.ImageId).ShouldBe((128, 192, 20, null));
        await ImportAsync(new ImportImageRequest { Recipe = "good" });
        (await Server.Client.GetFromJsonAsync<CatalogueEntry>("catalogue/good", WarrenJson.Options))!.ImageId.ShouldBe((await ImageAsync("good"))!.Id);
        (await Server.Client.GetFromJsonAsync<CatalogueEntry>("catalogue/cloud", WarrenJson.Options))!.Name.ShouldBe("cloud-1");
        using var none = await Server.Client.GetAsync("catalogue/none");
        ((int)none.StatusCode).ShouldBe(404);
    }

    [Fact]
    public async Task A_signed_entry_is_verified_and_known_by_its_user_and_limits()
    {
        var content = await ServeCloudAsync(key!);
        var operation = await ImportAsync(new ImportImageRequest { Catalogue = "cloud" });
        operation.Status.ShouldBe(OperationStatus.Succeeded, operation.Problem?.Detail);
        var image = (await ImageAsync("cloud-1"))!;
        image.Verification.ShouldBe(new ImageVerification("published", "good", false));
        (image.Sha256, image.DefaultUser, image.MinimumMemoryMiB, image.DefaultMemoryMiB, image.Source).ShouldBe((Hash(content), "cloud", 256, 512, "catalogue:cloud-1"));
    }

    [Fact]
    public async Task An_unknown_signer_takes_insecure_and_a_bad_signature_is_never_taken()
    {
        var stranger = await GpgKey.CreateAsync(Folder);
        try
        {
            await ServeCloudAsync(stranger);
            Type(await ImportAsync(new ImportImageRequest { Catalogue = "cloud", Name = "a" })).ShouldBe("image-signature-unchecked");
            (await ImportAsync(new ImportImageRequest { Catalogue = "cloud", Name = "b", Insecure = true })).Status.ShouldBe(OperationStatus.Succeeded);
            (await ImageAsync("b"))!.Verification.ShouldBe(new ImageVerification("published", "not-checked", true));
            Web.Serve("/cloud/SHA256SUMS.gpg", await key!.SignDetachedAsync("other"u8.ToArray()));
            Type(await ImportAsync(new ImportImageRequest { Catalogue = "cloud", Name = "c", Insecure = true })).ShouldBe("image-signature-bad");
        }
        finally
        {
            await stranger.StopAsync();
        }
    }

    [Fact]
    public async Task A_recipe_is_built_with_progress()
    {
        var operation = await ImportAsync(new ImportImageRequest { Recipe = "good", Name = "mine" });
        operation.Status.ShouldBe(OperationStatus.Succeeded, operation.Problem?.Detail);
        var image = (await ImageAsync("mine"))!;
        (image.State, image.Format, image.VirtualSizeBytes, image.Source).ShouldBe((ImageState.Ready, "qcow2", 8 << 20, "recipe:good"));
        image.Verification.ShouldBe(new ImageVerification("built-here", "built-here", false));
        Files().ShouldSatisfyAllConditions(f => f.Contents.ShouldBe([image.Sha256!]), f => f.Incoming.ShouldBeEmpty());
    }

    [Theory]
    [InlineData("missing", "apt-get install mtools cpio")]
    [InlineData("broken", "the mirror is away")]
    public async Task A_build_that_fails_says_why_and_leaves_nothing(string recipe, string says)
    {
        var operation = await ImportAsync(new ImportImageRequest { Recipe = recipe });
        Type(operation).ShouldBe("image-recipe-failed");
        operation.Problem!.Detail!.ShouldContain(says);
        Files().Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancelled_build_may_clean_up_and_leaves_nothing()
    {
        var operation = await Server.PostAsync("images", new ImportImageRequest { Recipe = "slow" });
        await Eventually.BecomesAsync(() => Task.FromResult(Directory.GetFiles(Path.Combine(Server.Data, "images", "incoming"), "disk.qcow2", SearchOption.AllDirectories).Length == 1), "the build runs");
        await Server.PostAsync($"operations/{operation.Id}/cancel");
        (await Server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Cancelled);
        File.Exists(At("cleaned")).ShouldBeTrue();
        (await ImageAsync("slow")).ShouldBeNull();
        Files().Incoming.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_launch_orders_what_is_not_here_and_orders_again_what_failed()
    {
        var machine = await Server.LaunchAsync(new LaunchRequest { Name = "m", Image = "good" });
        machine.Spec.MemoryMiB.ShouldBe(192);
        (await ImageAsync("good"))!.State.ShouldBe(ImageState.Ready);

        var request = new LaunchRequest { Name = "n", Image = "cloud", DiskGiB = 5 };
        (await Server.EndAsync(await Server.PostAsync("machines", request))).Status.ShouldBe(OperationStatus.Failed);
        (await ImageAsync("cloud-1"))!.State.ShouldBe(ImageState.Failed);
        await Server.EndAsync(await Server.DeleteAsync("machines/n"));
        await ServeCloudAsync(key!);
        (await Server.LaunchAsync(request)).State.ShouldBe(MachineState.Running);
    }
}
