using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Warren.Server.Hosts;

/// <summary>
/// The keys that secrets are encrypted with: one XML file each, 0600 in a folder of 0700. Replicas share the folder; a key
/// is written under a name of its own and never changed, so they do not get in each other's way.
/// </summary>
internal sealed class KeyRingFiles(string folder) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
        => Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.xml").Order(StringComparer.Ordinal).Select(f => XElement.Load(f))] : [];

    public void StoreElement(XElement element, string friendlyName)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(folder, Path.GetFileName(friendlyName) + ".xml");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(path + ".new", options))
        {
            element.Save(file);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }
}
