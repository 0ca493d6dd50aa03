namespace Warren.Hypervisors.Fake;

/// <summary>Pools over real folders, in which no disk ever lies.</summary>
internal sealed class FakeStorage(FakeHypervisor host, FakeOptions options) : IStorage
{
    private const string Prefix = "storage-";
    private const long GiB = 1L << 30;

    /// <summary>What is kept of a pool of ours.</summary>
    private sealed record Pool(string Name, string Path);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoragePool>> ListAsync(CancellationToken cancellation) =>
        host.RunAsync<IReadOnlyList<StoragePool>>("ListStorage", null, state =>
        [
            Describe("default", "/fake/default", ours: false),
            .. Ours(state.Store).Select(p => Describe(p.Name, p.Path, ours: true)),
        ], cancellation);

    /// <inheritdoc/>
    public Task CreateAsync(string name, string path, CancellationToken cancellation)
    {
        DefinitionRules.CheckStorage(name, path);
        return host.RunAsync("CreateStorage", null, state =>
        {
            if (name == "default") throw Rejected("storage default exists already and is not ours");
            if (state.Store.Find<Pool>(Prefix + name) is { } known)
            {
                if (known.Path != path) throw Rejected($"storage {name} exists already, over another folder");
                return;
            }

            if (Ours(state.Store).Any(p => p.Path == path)) throw Rejected($"path {path} is another pool's folder");
            try
            {
                Directory.CreateDirectory(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"path {path} cannot be had: {e.Message}", e);
            }

            state.Store.Put(Prefix + name, new Pool(name, path));
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellation)
    {
        DefinitionRules.CheckStorage(name);
        return host.RunAsync("DeleteStorage", null, state =>
        {
            if (name == "default") throw Rejected("storage default is not ours");
            if (state.Store.Find<Pool>(Prefix + name) is not { } known) return;
            if (Directory.Exists(known.Path) && !Directory.EnumerateFileSystemEntries(known.Path).Any()) Directory.Delete(known.Path);
            state.Store.Remove(Prefix + name);
        }, cancellation);
    }

    private StoragePool Describe(string name, string path, bool ours) =>
        new(name, "dir", path, 2 * options.Capacity.DiskFreeGiB * GiB, options.Capacity.DiskFreeGiB * GiB, Active: true, ours);

    private static IEnumerable<Pool> Ours(FakeStore store) => store.Keys()
        .Where(k => k.StartsWith(Prefix, StringComparison.Ordinal)).Select(k => store.Find<Pool>(k)!);

    private static HypervisorException Rejected(string message) => new(HypervisorErrorKind.Rejected, message);
}
