using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Images.Uploads;
using Warren.Server.Images.Workflows;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Images;

/// <summary>What can be asked of images: have one, delete one. Each commits row and operation at once.</summary>
internal sealed class ImageCommands(
    WarrenDb db, Caller caller, OperationQueue queue, ImageSources sources, DownloadClient client, FileIntake intake, QuotaCheck quotas, TimeProvider clock)
{
    /// <summary>Orders an image.</summary>
    /// <exception cref="RefusedException">The request breaks a rule, or the name is taken.</exception>
    public Task<OperationRow> ImportAsync(ImportImageRequest request, CancellationToken cancellation)
    {
        Check(request);
        return db.TransactAsync(async () =>
        {
            // How large it is will be known when it is here: who has no byte left is refused before.
            await quotas.DemandAsync(caller.UserId, caller.ProjectId, new QuotaUse { ImageBytes = 1 }, cancellation);
            if (request.Recipe is not null || request.Catalogue is not null)
            {
                var (_, ordered) = await OrderAsync(request.Recipe, request.Catalogue, request.Name, request.Insecure, cancellation);
                await db.SaveChangesAsync(cancellation);
                return ordered;
            }

            var notes = new ImportNotes { Url = request.Url, Path = request.Path, Checksum = request.Checksum, Format = request.Format, Insecure = request.Insecure };
            var name = request.Name ?? NameOf(request.Url ?? request.Path!);
            var image = await AddAsync(name, request.Url ?? request.Path!, ImageState.Importing, request.DefaultUser, cancellation);
            var operation = queue.Enqueue(ImportImage.Name, "image", image.Id, image.Name, image, notes);
            await db.SaveChangesAsync(cancellation);
            return operation;
        }, cancellation);
    }

    /// <summary>Adds row and operation for a recipe or catalogue entry; the caller saves.</summary>
    public async Task<(ImageRow Image, OperationRow Operation)> OrderAsync(string? recipeName, string? entryName, string? name, bool insecure, CancellationToken cancellation)
    {
        var recipe = recipeName is null ? null : sources.FindRecipe(recipeName) ?? throw new RefusedException(Problems.Validation("recipe", $"there is no recipe '{recipeName}'"));
        var entry = entryName is null ? null : sources.Catalogue.Find(entryName) ?? throw new RefusedException(Problems.Validation("catalogue", $"there is no catalogue entry '{entryName}'"));
        var view = sources.Find(recipe?.Name ?? entry!.Name)!;
        var image = await AddAsync(name ?? view.Name, recipe is null ? $"catalogue:{entry!.Name}" : $"recipe:{recipe.Name}",
            recipe is null ? ImageState.Importing : ImageState.Building, view.DefaultUser, cancellation);
        (image.MinimumMemoryMib, image.DefaultMemoryMib, image.Features) = (view.MinimumMemoryMiB, view.DefaultMemoryMiB, string.Join(' ', view.Features));
        return (image, Enqueue(image, recipe?.Name, entry?.Name, insecure));
    }

    /// <summary>Orders an image again that could not be had; the caller saves.</summary>
    public OperationRow Retry(ImageRow image)
    {
        var parts = image.Source.Split(':', 2);
        var (recipe, entry) = parts[0] == "recipe" ? (parts[1], (string?)null) : ((string?)null, parts[1]);
        (image.State, image.ProblemJson) = (recipe is null ? ImageState.Importing : ImageState.Building, null);
        return Enqueue(image, recipe, entry, insecure: false);
    }

    /// <summary>Adds row and operation for a file that was uploaded; the caller saves.</summary>
    public async Task<OperationRow> AddUploadAsync(UploadRow upload, CancellationToken cancellation)
    {
        var image = await AddAsync(upload.Name, "upload", ImageState.Importing, upload.DefaultUser, cancellation, upload.Id);
        // From here on it counts as an image, whatever becomes of the upload's row.
        image.SizeBytes = upload.Length;
        return queue.Enqueue(ImportImage.Name, "image", image.Id, image.Name, image, upload.Notes with { UploadId = upload.Id });
    }

    /// <summary>Deletes an image that no machine uses; what is under way on it ends.</summary>
    /// <exception cref="RefusedException">Machines use it.</exception>
    public Task<OperationRow> DeleteAsync(ImageRow image, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        if (await queue.LiveAsync(image.Id, cancellation) is { Kind: DeleteImage.Name } running) return running;
        var users = await UsersAsync(db, image.Id, cancellation);
        if (users.Count > 0) throw new RefusedException(InUse(image.Name, users));
        await queue.SupersedeAsync(image.Id, "The image's deletion", cancellation);
        var operation = queue.Enqueue(DeleteImage.Name, "image", image.Id, image.Name, image);
        await db.SaveChangesAsync(cancellation);
        return operation;
    }, cancellation);

    /// <summary>Machines and golden images that lie upon an image, the first few.</summary>
    public static async Task<IReadOnlyList<string>> UsersAsync(WarrenDb db, string image, CancellationToken cancellation)
    {
        var machines = await db.Machines.Where(m => m.ImageId == image).Select(m => m.Name).OrderBy(n => n).Take(5).ToListAsync(cancellation);
        var golden = await db.GoldenImages.Where(g => g.ImageId == image).OrderBy(g => g.Name).Take(5).ToListAsync(cancellation);
        return [.. machines.Concat(golden.Select(g => $"golden image {g.Reference}")).Take(5)];
    }

    /// <summary>The refusal of a deletion.</summary>
    public static Problem InUse(string image, IReadOnlyList<string> machines) =>
        Problems.InUse($"'{image}' is what these machines run from: {string.Join(", ", machines)}{(machines.Count == 5 ? " and perhaps more" : "")}. Delete them first.");

    /// <summary>Refuses a name that breaks the rule or is taken, also by an upload other than this one.</summary>
    public async Task DemandNameAsync(string name, CancellationToken cancellation, string? upload = null)
    {
        if (!Names.IsLabel(name)) throw new RefusedException(Problems.Validation("name", Names.LabelRule));
        var project = caller.ProjectId;
        if (await db.Images.AnyAsync(i => i.ProjectId == project && i.Name == name, cancellation)
            || await db.Uploads.AnyAsync(u => u.ProjectId == project && u.Name == name && u.OperationId == null && u.Id != upload, cancellation)) throw new RefusedException(Problems.NameTaken(name));
    }

    private OperationRow Enqueue(ImageRow image, string? recipe, string? entry, bool insecure) => queue.Enqueue(
        recipe is null ? ImportImage.Name : BuildImage.Name, "image", image.Id, image.Name, image, new ImportNotes { Recipe = recipe, Catalogue = entry, Insecure = insecure });

    private async Task<ImageRow> AddAsync(string name, string source, ImageState state, string? defaultUser, CancellationToken cancellation, string? upload = null)
    {
        await DemandNameAsync(name, cancellation, upload);
        var row = new ImageRow
        {
            Id = Ids.New(clock),
            Name = name,
            OwnerId = caller.UserId,
            ProjectId = caller.ProjectId,
            State = state,
            Source = source,
            DefaultUser = defaultUser,
            CreatedAt = clock.GetUtcNow(),
        };
        db.Images.Add(row);
        return row;
    }

    private void Check(ImportImageRequest request)
    {
        var check = new Check();
        var given = new[] { request.Recipe, request.Catalogue, request.Url, request.Path }.Count(s => s is not null);
        check.That(given == 1, "url", "give exactly one of recipe, catalogue, url, path");
        check.That(request.Name is null || Names.IsLabel(request.Name), "name", Names.LabelRule);
        var named = request.Recipe is not null || request.Catalogue is not null;
        check.That(!named || request is { Checksum: null, Format: null, DefaultUser: null }, "checksum", "checksum, format and defaultUser come from the recipe or catalogue");
        if (!named) ImageRules.Check(check, request.Checksum, request.Format, request.DefaultUser, request.Insecure);
        check.That(request.Path is null || caller.IsOwner, "path", "only the owner may import files of the server's machine");
        check.Throw();
        try
        {
            if (request.Url is not null) client.Guard.CheckUrl(Uri.TryCreate(request.Url, UriKind.Absolute, out var url) ? url : throw new ImageException(ImageErrors.UrlRefused, "url: is not an absolute URL"));
            if (request.Path is not null) intake.CheckPath(request.Path);
        }
        catch (ImageException e)
        {
            throw new RefusedException(ImageProblems.Of(e, 400));
        }
    }

    /// <summary>A name from the last part of a URL or path, made to fit the rule.</summary>
    private static string NameOf(string source)
    {
        var last = Uri.TryCreate(source, UriKind.Absolute, out var url) ? Uri.UnescapeDataString(url.Segments[^1]) : source;
        var name = new string([.. Path.GetFileNameWithoutExtension(last.TrimEnd('/')).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-').Take(63)]).TrimStart('.', '_', '-');
        return Names.IsLabel(name) ? name : throw new RefusedException(Problems.Validation("name", "give a name; none can be made from the source"));
    }
}

/// <summary>The rules that imports and uploads share.</summary>
internal static class ImageRules
{
    public static void Check(Check check, string? checksum, string? format, string? defaultUser, bool insecure)
    {
        check.That(checksum is not null || insecure, "checksum", "is required unless insecure is set");
        check.That(checksum is null || Digest.Parse(checksum) is not null, "checksum", "sha256:HEX or sha512:HEX");
        check.That(format is null or "qcow2" or "raw" or "iso" or "container", "format", "qcow2, raw, iso or container");
        check.That(defaultUser is null || (defaultUser.Length is > 0 and <= 32 && char.IsAsciiLetterLower(defaultUser[0]) && defaultUser.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')),
            "defaultUser", "1 to 32 characters of a-z, 0-9, '-' and '_', beginning with a letter");
    }
}
