namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>Which folders of the host a guest may be given.</summary>
internal static class SharedFolders
{
    /// <summary>Absolute, without <c>.</c>, <c>..</c>, doubled or closing slashes, and without control characters.</summary>
    internal static bool IsCanonical(string path) =>
        path == "/" || (path.StartsWith('/') && path.Length <= 4096 && !path.Any(char.IsControl)
            && path[1..].Split('/').All(part => part is not ("" or "." or "..")));

    /// <summary>Insists on a folder below one that the host allows and, where the server sees it, on its being there and no link.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static void Check(MachineDefinition definition, VirtualBoxOptions options)
    {
        if (MachineSettings.Option(definition, "sharedFolder") is not { } path) return;
        if (!IsCanonical(path)) throw Refuse("must be an absolute, canonical path");
        if (options.SharedFolders.FirstOrDefault(root => path == root || path.StartsWith(root + "/", StringComparison.Ordinal)) is not { } allowed)
            throw Refuse(options.SharedFolders.Count == 0 ? "is not allowed: the host has no sharedFolders" : $"must be below {string.Join(" or ", options.SharedFolders)}");
        if (options.Ssh is not null) return;
        if (!Directory.Exists(path)) throw Refuse($"does not exist: {path}");
        for (var at = new DirectoryInfo(path); at is not null && at.FullName.Length > allowed.Length; at = at.Parent)
            if (at.LinkTarget is not null) throw Refuse($"must not pass through a symbolic link: {at.FullName}");
    }

    private static HypervisorException Refuse(string rule) => new(HypervisorErrorKind.Rejected, $"options.sharedFolder {rule}");
}
