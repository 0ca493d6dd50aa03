using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>
/// POSIX access lists (acl(5)): further users and groups of one file, beside its owner. By them many machines read one image, and none of
/// them what another one reads. Kept by the kernel as the attribute <c>system.posix_acl_access</c> (linux/posix_acl_xattr.h: version 2, then
/// entries of tag, permissions and id).
/// </summary>
internal static partial class AccessList
{
    internal const ushort Read = 4, Write = 2, Execute = 1;

    private const ushort Owner = 1, User = 2, OwningGroup = 4, Group = 8, Mask = 16, Other = 32;

    private const string Attribute = "system.posix_acl_access";

    private const uint Version = 2, NoId = uint.MaxValue;

    private const int NoData = 61;

    /// <summary>An entry of a list.</summary>
    /// <param name="Tag">Whom it is about.</param>
    /// <param name="Rights">What they may.</param>
    /// <param name="Id">Which of them, for named ones.</param>
    internal sealed record Entry(ushort Tag, ushort Rights, uint Id);

    private static readonly Lock s_turn = new();

    /// <summary>Lets a user do something with a file, beside what it may already.</summary>
    /// <param name="path">The file, which is no link.</param>
    /// <param name="user">The user.</param>
    /// <param name="rights">What it may.</param>
    /// <param name="isCurrent">Which users there still are; entries of others go.</param>
    /// <exception cref="IOException">The file system has no such lists, or the list is full.</exception>
    internal static void LetUser(string path, uint user, ushort rights, Func<uint, bool> isCurrent) => Let(path, User, user, rights, isCurrent);

    /// <summary>The same for a group.</summary>
    internal static void LetGroup(string path, uint group, ushort rights) => Let(path, Group, group, rights, _ => true);

    /// <summary>A list with one more entry. Pure.</summary>
    internal static List<Entry> With(
        IEnumerable<Entry> list, ushort tag, uint id, ushort rights, Func<uint, bool> isCurrent)
    {
        var all = list.Where(e => e.Tag != Mask && !(e.Tag == tag && e.Id == id) && (e.Tag != User || isCurrent(e.Id))).Append(new Entry(tag, rights, id)).ToList();
        // Named entries and the owning group count only as far as the mask goes.
        var mask = all.Where(e => e.Tag is User or OwningGroup or Group).Aggregate((ushort)0, (m, e) => (ushort)(m | e.Rights));
        return [.. all.Append(new Entry(Mask, mask, NoId)).OrderBy(e => e.Tag).ThenBy(e => e.Id)];
    }

    private static void Let(string path, ushort tag, uint id, ushort rights, Func<uint, bool> isCurrent)
    {
        lock (s_turn)
        {
            var list = Get(path);
            var mask = list.Find(e => e.Tag == Mask)?.Rights ?? 0;
            if (list.Any(e => e.Tag == tag && e.Id == id && e.Rights == rights) && (mask & rights) == rights) return;
            Set(path, With(list, tag, id, rights, isCurrent));
        }
    }

    private static List<Entry> Get(string path)
    {
        Span<byte> bytes = new byte[65536];
        var length = (int)GetAttribute(path, Attribute, ref MemoryMarshal.GetReference(bytes), (nuint)bytes.Length);
        if (length < 0)
        {
            if (Marshal.GetLastPInvokeError() != NoData) throw Failure(path);
            var mode = FileOwner.Of(path)?.Mode ?? throw new FileNotFoundException(null, path);
            return [new Entry(Owner, (ushort)((mode >> 6) & 7), NoId), new Entry(OwningGroup, (ushort)((mode >> 3) & 7), NoId), new Entry(Other, (ushort)(mode & 7), NoId)];
        }

        var list = new List<Entry>();
        for (var at = 4; at + 8 <= length; at += 8)
            list.Add(new Entry(BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 2)..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..])));
        return list;
    }

    private static void Set(string path, List<Entry> list)
    {
        var bytes = new byte[4 + (8 * list.Count)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Version);
        for (var i = 0; i < list.Count; i++)
        {
            var at = bytes.AsSpan(4 + (8 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(at, list[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], list[i].Rights);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], list[i].Id);
        }

        if (SetAttribute(path, Attribute, ref bytes[0], (nuint)bytes.Length, 0) != 0) throw Failure(path);
    }

    private static IOException Failure(string path) => new($"{path} cannot be shared with a machine: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint GetAttribute(string path, string name, ref byte value, nuint size);

    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAttribute(string path, string name, ref byte value, nuint size, int flags);
}
