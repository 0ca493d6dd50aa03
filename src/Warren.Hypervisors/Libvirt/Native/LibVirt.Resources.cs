using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Libvirt.Native;

/// <summary>Storage pools and volumes (libvirt-storage.h), streams (libvirt-stream.h), networks (libvirt-network.h).</summary>
internal static unsafe partial class LibVirt
{
    internal const uint StreamNonBlocking = 1;
    internal const int StreamReadable = 1, StreamWritable = 2, StreamError = 4, StreamHangUp = 8;
    internal const int PoolRunning = 2;

    [LibraryImport(Library, EntryPoint = "virStoragePoolLookupByName", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial PoolHandle PoolLookup(ConnectHandle connection, string name);

    [LibraryImport(Library, EntryPoint = "virConnectListAllStoragePools"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectListAllPools(ConnectHandle connection, out nint pools, uint flags);

    [LibraryImport(Library, EntryPoint = "virStoragePoolDefineXML", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial PoolHandle PoolDefine(ConnectHandle connection, string xml, uint flags);

    [LibraryImport(Library, EntryPoint = "virStoragePoolBuild"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolBuild(PoolHandle pool, uint flags);

    [LibraryImport(Library, EntryPoint = "virStoragePoolCreate"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolCreate(PoolHandle pool, uint flags);

    [LibraryImport(Library, EntryPoint = "virStoragePoolSetAutostart"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolSetAutostart(PoolHandle pool, int on);

    [LibraryImport(Library, EntryPoint = "virStoragePoolDestroy"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolDestroy(PoolHandle pool);

    [LibraryImport(Library, EntryPoint = "virStoragePoolDelete"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolDelete(PoolHandle pool, uint flags);

    [LibraryImport(Library, EntryPoint = "virStoragePoolUndefine"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolUndefine(PoolHandle pool);

    [LibraryImport(Library, EntryPoint = "virStoragePoolRefresh"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolRefresh(PoolHandle pool, uint flags);

    [LibraryImport(Library, EntryPoint = "virStoragePoolGetInfo"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolGetInfo(PoolHandle pool, out PoolInfo info);

    [LibraryImport(Library, EntryPoint = "virStoragePoolGetXMLDesc"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint PoolGetXml(PoolHandle pool, uint flags);

    [LibraryImport(Library, EntryPoint = "virStoragePoolFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolFree(nint pool);

    [LibraryImport(Library, EntryPoint = "virStoragePoolListAllVolumes"), DefaultDllImportSearchPaths(Search)]
    internal static partial int PoolListAllVolumes(PoolHandle pool, out nint volumes, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolLookupByName", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial VolumeHandle VolumeLookup(PoolHandle pool, string name);

    [LibraryImport(Library, EntryPoint = "virStorageVolCreateXML", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial VolumeHandle VolumeCreate(PoolHandle pool, string xml, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolCreateXMLFrom", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial VolumeHandle VolumeCreateFrom(PoolHandle pool, string xml, VolumeHandle source, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolDelete"), DefaultDllImportSearchPaths(Search)]
    internal static partial int VolumeDelete(VolumeHandle volume, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolResize"), DefaultDllImportSearchPaths(Search)]
    internal static partial int VolumeResize(VolumeHandle volume, ulong capacity, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolGetInfo"), DefaultDllImportSearchPaths(Search)]
    internal static partial int VolumeGetInfo(VolumeHandle volume, out VolumeInfo info);

    [LibraryImport(Library, EntryPoint = "virStorageVolGetPath"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint VolumeGetPath(VolumeHandle volume);

    /// <summary>Belongs to the handle; not to be freed.</summary>
    [LibraryImport(Library, EntryPoint = "virStorageVolGetName"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint VolumeGetName(VolumeHandle volume);

    [LibraryImport(Library, EntryPoint = "virStorageVolGetXMLDesc"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint VolumeGetXml(VolumeHandle volume, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolUpload"), DefaultDllImportSearchPaths(Search)]
    internal static partial int VolumeUpload(VolumeHandle volume, StreamHandle stream, ulong offset, ulong length, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolDownload"), DefaultDllImportSearchPaths(Search)]
    internal static partial int VolumeDownload(VolumeHandle volume, StreamHandle stream, ulong offset, ulong length, uint flags);

    [LibraryImport(Library, EntryPoint = "virStorageVolFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial int VolumeFree(nint volume);

    [LibraryImport(Library, EntryPoint = "virStreamNew"), DefaultDllImportSearchPaths(Search)]
    internal static partial StreamHandle StreamNew(ConnectHandle connection, uint flags);

    [LibraryImport(Library, EntryPoint = "virStreamSend"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamSend(StreamHandle stream, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "virStreamRecv"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamReceive(StreamHandle stream, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "virStreamFinish"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamFinish(StreamHandle stream);

    [LibraryImport(Library, EntryPoint = "virStreamAbort"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamAbort(StreamHandle stream);

    [LibraryImport(Library, EntryPoint = "virStreamEventAddCallback"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamEventAdd(
        StreamHandle stream, int events, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback, nint data, delegate* unmanaged[Cdecl]<nint, void> free);

    [LibraryImport(Library, EntryPoint = "virStreamEventUpdateCallback"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamEventUpdate(StreamHandle stream, int events);

    [LibraryImport(Library, EntryPoint = "virStreamEventRemoveCallback"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamEventRemove(StreamHandle stream);

    [LibraryImport(Library, EntryPoint = "virStreamFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial int StreamFree(nint stream);

    [LibraryImport(Library, EntryPoint = "virConnectListAllNetworks"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectListAllNetworks(ConnectHandle connection, out nint networks, uint flags);

    [LibraryImport(Library, EntryPoint = "virNetworkLookupByName", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial NetworkHandle NetworkLookup(ConnectHandle connection, string name);

    [LibraryImport(Library, EntryPoint = "virNetworkDefineXML", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial NetworkHandle NetworkDefine(ConnectHandle connection, string xml);

    [LibraryImport(Library, EntryPoint = "virNetworkCreate"), DefaultDllImportSearchPaths(Search)]
    internal static partial int NetworkCreate(NetworkHandle network);

    [LibraryImport(Library, EntryPoint = "virNetworkDestroy"), DefaultDllImportSearchPaths(Search)]
    internal static partial int NetworkDestroy(NetworkHandle network);

    [LibraryImport(Library, EntryPoint = "virNetworkUndefine"), DefaultDllImportSearchPaths(Search)]
    internal static partial int NetworkUndefine(NetworkHandle network);

    [LibraryImport(Library, EntryPoint = "virNetworkSetAutostart"), DefaultDllImportSearchPaths(Search)]
    internal static partial int NetworkSetAutostart(NetworkHandle network, int on);

    [LibraryImport(Library, EntryPoint = "virNetworkIsActive"), DefaultDllImportSearchPaths(Search)]
    internal static partial int NetworkIsActive(NetworkHandle network);

    [LibraryImport(Library, EntryPoint = "virNetworkGetXMLDesc"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint NetworkGetXml(NetworkHandle network, uint flags);

    [LibraryImport(Library, EntryPoint = "virNetworkFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial int NetworkFree(nint network);
}

/// <summary><c>virStoragePoolInfo</c>; amounts in bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PoolInfo
{
    internal int State;
    internal ulong Capacity, Allocation, Available;
}

/// <summary><c>virStorageVolInfo</c>; amounts in bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VolumeInfo
{
    internal int Type;
    internal ulong Capacity, Allocation;
}
