using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Libvirt.Native;

/// <summary>Domains (libvirt-domain.h) and their snapshots (libvirt-domain-snapshot.h).</summary>
internal static unsafe partial class LibVirt
{
    internal const uint XmlSecure = 1, XmlInactive = 2, XmlMigratable = 8;
    internal const uint AffectLive = 1, AffectConfiguration = 2;
    internal const uint ShutdownByPowerButton = 1;
    internal const uint StartResetNvram = 32;
    internal const uint UndefineEverything = 1 | 2 | 4 | 16;
    internal const int MetadataElement = 2;
    internal const uint OpenGraphicsSkipAuthentication = 1;
    internal const uint ConsoleForce = 1;

    [LibraryImport(Library, EntryPoint = "virConnectListAllDomains"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectListAllDomains(ConnectHandle connection, out nint domains, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainLookupByName", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial DomainHandle DomainLookupByName(ConnectHandle connection, string name);

    [LibraryImport(Library, EntryPoint = "virDomainDefineXMLFlags", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial DomainHandle DomainDefine(ConnectHandle connection, string xml, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainCreateXML", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial DomainHandle DomainCreateTransient(ConnectHandle connection, string xml, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainCreateWithFlags"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainCreate(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainShutdownFlags"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainShutdown(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainDestroyFlags"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainDestroy(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainUndefineFlags"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainUndefine(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSuspend"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainSuspend(DomainHandle domain);

    [LibraryImport(Library, EntryPoint = "virDomainResume"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainResume(DomainHandle domain);

    [LibraryImport(Library, EntryPoint = "virDomainGetState"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainGetState(DomainHandle domain, out int state, out int reason, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainGetInfo"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainGetInfo(DomainHandle domain, out DomainInfo info);

    /// <summary>Belongs to the handle; not to be freed.</summary>
    [LibraryImport(Library, EntryPoint = "virDomainGetName"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint DomainGetName(nint domain);

    [LibraryImport(Library, EntryPoint = "virDomainGetXMLDesc"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint DomainGetXml(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainGetMetadata", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial nint DomainGetMetadata(DomainHandle domain, int type, string uri, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainSetMetadata", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainSetMetadata(DomainHandle domain, int type, string metadata, string key, string uri, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainGetAutostart"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainGetAutostart(DomainHandle domain, out int on);

    [LibraryImport(Library, EntryPoint = "virDomainSetAutostart"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainSetAutostart(DomainHandle domain, int on);

    [LibraryImport(Library, EntryPoint = "virDomainBlockStats", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainBlockStatistics(DomainHandle domain, string disk, out BlockStatistics statistics, nuint size);

    [LibraryImport(Library, EntryPoint = "virDomainGetBlockInfo", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainGetBlockInfo(DomainHandle domain, string disk, out BlockInfo info, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainOpenConsole", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainOpenConsole(DomainHandle domain, string? device, StreamHandle stream, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainOpenChannel", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainOpenChannel(DomainHandle domain, string? name, StreamHandle stream, uint flags);

    /// <summary>Returns a connected socket.</summary>
    [LibraryImport(Library, EntryPoint = "virDomainOpenGraphicsFD"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainOpenGraphics(DomainHandle domain, uint index, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainInterfaceAddresses"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainInterfaceAddresses(DomainHandle domain, out NativeInterface** interfaces, uint source, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainInterfaceFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial void DomainInterfaceFree(NativeInterface* one);

    [LibraryImport(Library, EntryPoint = "virConnectDomainEventRegisterAny"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectDomainEventRegister(
        ConnectHandle connection, nint domain, int eventId, delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, int> callback, nint data,
        delegate* unmanaged[Cdecl]<nint, void> free);

    [LibraryImport(Library, EntryPoint = "virConnectDomainEventDeregisterAny"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectDomainEventDeregister(nint connection, int callbackId);

    [LibraryImport(Library, EntryPoint = "virDomainFree"), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainFree(nint domain);

    [LibraryImport("libvirt-qemu.so.0", EntryPoint = "virDomainQemuAgentCommand", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial nint DomainQemuAgentCommand(DomainHandle domain, string command, int seconds, uint flags);

    [LibraryImport("libvirt-qemu.so.0", EntryPoint = "virDomainQemuMonitorCommand", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial int DomainQemuMonitorCommand(DomainHandle domain, string command, out nint result, uint flags);
}

/// <summary><c>virDomainInfo</c>; memory in KiB.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DomainInfo
{
    internal byte State;
    internal nuint MaximumMemory;
    internal nuint Memory;
    internal ushort Cpus;
    internal ulong CpuTime;
}

/// <summary><c>virDomainBlockStatsStruct</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BlockStatistics
{
    internal long ReadRequests, ReadBytes, WriteRequests, WriteBytes, Errors;
}

/// <summary><c>virDomainBlockInfo</c>; amounts in bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BlockInfo
{
    internal ulong Capacity, Allocation, Physical;
}

/// <summary><c>virDomainInterface</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeInterface
{
    internal byte* Name;
    internal byte* HardwareAddress;
    internal uint AddressCount;
    internal NativeAddress* Addresses;
}

/// <summary><c>virDomainIPAddress</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeAddress
{
    internal int Type;
    internal byte* Address;
    internal uint Prefix;
}
