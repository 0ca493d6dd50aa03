using EndToEnd.Tests.Running;

namespace EndToEnd.Tests.Guests;

/// <summary>
/// A folder of recipes whose builds take the disk that the clone's own recipe made earlier in place of making it anew.
/// Everything behind the build is the real thing: launch by name, format check, store, what the recipe says of memory and user.
/// </summary>
internal static class PreparedRecipes
{
    private static readonly Lock s_gate = new();

    /// <summary>Makes the folder in a server's data folder.</summary>
    /// <param name="data">The server's data folder.</param>
    /// <param name="disks">Recipe by name and its finished disk.</param>
    /// <returns>The setting that makes a server use it.</returns>
    public static string In(string data, params (string Recipe, string Disk)[] disks)
    {
        var folder = Path.Combine(data, "recipes");
        lock (s_gate)
        {
            Directory.CreateDirectory(folder);
            File.Copy(Path.Combine(Clone.Root, "images", "catalogue.yaml"), Path.Combine(folder, "catalogue.yaml"), overwrite: true);
            foreach (var (recipe, disk) in disks)
            {
                var own = Directory.CreateDirectory(Path.Combine(folder, recipe)).FullName;
                File.Copy(Path.Combine(Clone.Root, "images", recipe, "recipe.yaml"), Path.Combine(own, "recipe.yaml"), overwrite: true);
                var build = Path.Combine(own, "build");
                File.WriteAllText(build, $"#!/bin/sh\necho PROGRESS 50 taking the disk that was built earlier\ncp -- '{disk}' \"$1/disk.qcow2\"\n");
                File.SetUnixFileMode(build, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        return $"--Images:Folder={folder}";
    }
}
