using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Libvirt.Native;

/// <summary>Snapshots (libvirt-domain-snapshot.h), managed save and migration (libvirt-domain.h).</summary>
internal static unsafe partial class LibVirt
{
    internal const uint SnapshotListTopological = 1 << 10;
    internal const uint SnapshotRedefine = 1, SnapshotRedefineCurrent = 2;
    internal const uint RevertRunning = 1, RevertForce = 4;
    internal const uint SnapshotDeleteMetadataOnly = 2;

    internal const uint MigrateLive = 1, MigratePeerToPeer = 2, MigratePersistDestination = 8, MigrateUndefineSource = 16,
        MigrateNonSharedDisk = 64, MigrateNonSharedTop = 128, MigrateAbortOnError = 1 << 12, MigrateAutoConverge = 1 << 13;

    [LibraryImport(Library, EntryPoint = "virDomainSnapshotCreateXML", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial SnapshotHandle SnapshotCreate(DomainHandle domain, string xml, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSnapshotLookupByName", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial SnapshotHandle SnapshotLookup(DomainHandle domain, string name, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSnapshotCurrent"), DefaultDllImportSearchPaths(Search)]
    internal static partial SnapshotHandle SnapshotCurrent(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainListAllSnapshots"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ListAllSnapshots(DomainHandle domain, out nint snapshots, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSnapshotGetXMLDesc"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint SnapshotGetXml(SnapshotHandle snapshot, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainRevertToSnapshot"), DefaultDllImportSearchPaths(Search)]
    internal static partial int SnapshotRevert(SnapshotHandle snapshot, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSnapshotDelete"), DefaultDllImportSearchPaths(Search)]
    internal static partial int SnapshotDelete(SnapshotHandle snapshot, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSnapshotFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial int SnapshotFree(nint snapshot);

    /// <summary>virDomainSaveRestoreFlags: it runs after its restoration, also where it was paused.</summary>
    internal const uint SaveRunning = 2;

    [LibraryImport(Library, EntryPoint = "virDomainManagedSave"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainManagedSave(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainHasManagedSaveImage"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainHasManagedSave(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainManagedSaveRemove"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainManagedSaveRemove(DomainHandle domain, uint flags);

    /// <summary>The description of the domain in the file; fails where the file is not whole.</summary>
    [LibraryImport(Library, EntryPoint = "virDomainManagedSaveGetXMLDesc"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint DomainManagedSaveXml(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainMigrate3"), DefaultDllImportSearchPaths(Search)]
    internal static partial DomainHandle DomainMigrate(DomainHandle domain, ConnectHandle destination, nint parameters, uint count, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainMigrateToURI3", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainMigrateToUri(DomainHandle domain, string destination, nint parameters, uint count, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainGetJobInfo"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainGetJobInfo(DomainHandle domain, out JobInfo info);

    [LibraryImport(Library, EntryPoint = "virDomainAbortJob"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainAbortJob(DomainHandle domain);

    [LibraryImport(Library, EntryPoint = "virTypedParamsAddString", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int ParametersAdd(ref nint parameters, ref int count, ref int capacity, string name, string value);

    [LibraryImport(Library, EntryPoint = "virTypedParamsFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial void ParametersFree(nint parameters, int count);
}

/// <summary><c>virDomainJobInfo</c>; times in ms, amounts in bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct JobInfo
{
    internal int Type;
    internal ulong TimeElapsed, TimeRemaining;
    internal ulong DataTotal, DataProcessed, DataRemaining;
    internal ulong MemoryTotal, MemoryProcessed, MemoryRemaining;
    internal ulong FileTotal, FileProcessed, FileRemaining;
}
