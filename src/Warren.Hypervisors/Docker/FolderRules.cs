namespace Warren.Hypervisors.Docker;

/// <summary>Which folders of the engine's host a machine may be given. Paths are of Linux, wherever the server runs.</summary>
internal static class FolderRules
{
    /// <summary>Absolute, without <c>.</c>, <c>..</c>, doubled or closing slashes, and without control characters.</summary>
    internal static bool IsCanonical(string path) =>
        path == "/" || (path.StartsWith('/') && path.Length <= 4096 && !path.Any(char.IsControl)
            && path[1..].Split('/').All(part => part is not ("" or "." or "..")));

    /// <summary>Insists on a folder below one that the host allows and, where the server sees the same files, on its being there.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the option and the rule.</exception>
    internal static void Check(string option, string path, DockerOptions options)
    {
        if (!IsCanonical(path)) throw Refuse(option, "must be an absolute, canonical path");
        if (!options.SharedFolders.Any(root => path == root || path.StartsWith(root + "/", StringComparison.Ordinal)))
            throw Refuse(option, options.SharedFolders.Count == 0 ? "is not allowed: the host has no sharedFolders" : $"must be below {string.Join(" or ", options.SharedFolders)}");
        if (!options.IsLocal) return;
        if (!Directory.Exists(path)) throw Refuse(option, $"does not exist: {path}");
        for (var at = new DirectoryInfo(path); at is not null; at = at.Parent)
        {
            // A link could lead out of the allowed folder, and whoever writes there could turn it later.
            if (at.LinkTarget is not null && options.SharedFolders.All(root => at.FullName != root && !root.StartsWith(at.FullName + "/", StringComparison.Ordinal)))
                throw Refuse(option, $"must not pass through a symbolic link: {at.FullName}");
        }
    }

    private static HypervisorException Refuse(string option, string rule) => new(HypervisorErrorKind.Rejected, $"options.{option} {rule}");
}
