namespace Warren.Hypervisors;

/// <summary>Modes of what nobody but its owner may see.</summary>
internal static class OwnerOnly
{
    internal const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    internal const UnixFileMode Folder = File | UnixFileMode.UserExecute;
}
