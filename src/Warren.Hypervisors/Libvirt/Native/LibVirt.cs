using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Libvirt.Native;

/// <summary>
/// libvirt's C library (libvirt.so.0): connections, errors and the event loop. Names, arguments and constants are those of
/// its headers (libvirt-host.h, virterror.h, libvirt-event.h). Every call may block: only dedicated threads come here.
/// </summary>
internal static unsafe partial class LibVirt
{
    /// <summary>The library's file name.</summary>
    internal const string Library = "libvirt.so.0";

    private const DllImportSearchPath Search = DllImportSearchPath.SafeDirectories;

    /// <summary>virConnectFlags: the client's own configuration must not rename addresses.</summary>
    internal const uint ConnectNoAliases = 2;

    [LibraryImport(Library, EntryPoint = "virInitialize"), DefaultDllImportSearchPaths(Search)]
    internal static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "virGetVersion"), DefaultDllImportSearchPaths(Search)]
    internal static partial int GetVersion(out nuint version, nint type, nint typeVersion);

    [LibraryImport(Library, EntryPoint = "virSetErrorFunc"), DefaultDllImportSearchPaths(Search)]
    internal static partial void SetErrorFunction(nint data, delegate* unmanaged[Cdecl]<nint, nint, void> handler);

    [LibraryImport(Library, EntryPoint = "virGetLastError"), DefaultDllImportSearchPaths(Search)]
    internal static partial NativeError* GetLastError();

    [LibraryImport(Library, EntryPoint = "virResetLastError"), DefaultDllImportSearchPaths(Search)]
    internal static partial void ResetLastError();

    [LibraryImport(Library, EntryPoint = "virEventRegisterDefaultImpl"), DefaultDllImportSearchPaths(Search)]
    internal static partial int EventRegisterDefaultImplementation();

    [LibraryImport(Library, EntryPoint = "virEventRunDefaultImpl"), DefaultDllImportSearchPaths(Search)]
    internal static partial int EventRunDefaultImplementation();

    [LibraryImport(Library, EntryPoint = "virConnectOpenAuth", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial ConnectHandle ConnectOpen(string uri, nint authentication, uint flags);

    [LibraryImport(Library, EntryPoint = "virConnectClose"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectClose(nint connection);

    [LibraryImport(Library, EntryPoint = "virConnectSetKeepAlive"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectSetKeepAlive(ConnectHandle connection, int interval, uint count);

    [LibraryImport(Library, EntryPoint = "virConnectIsAlive"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectIsAlive(ConnectHandle connection);

    [LibraryImport(Library, EntryPoint = "virConnectGetLibVersion"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectGetLibraryVersion(ConnectHandle connection, out nuint version);

    [LibraryImport(Library, EntryPoint = "virConnectGetVersion"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectGetVersion(ConnectHandle connection, out nuint version);

    [LibraryImport(Library, EntryPoint = "virConnectGetHostname"), DefaultDllImportSearchPaths(Search)]
    internal static partial nint ConnectGetHostname(ConnectHandle connection);

    [LibraryImport(Library, EntryPoint = "virNodeGetInfo"), DefaultDllImportSearchPaths(Search)]
    internal static partial int NodeGetInfo(ConnectHandle connection, out NodeInfo info);

    [LibraryImport(Library, EntryPoint = "virConnectGetDomainCapabilities", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(Search)]
    internal static partial nint ConnectGetDomainCapabilities(
        ConnectHandle connection, string? emulator, string? architecture, string? machine, string? virtualisation, uint flags);

    [LibraryImport(Library, EntryPoint = "virConnectRegisterCloseCallback"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectRegisterCloseCallback(
        ConnectHandle connection, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback, nint data, delegate* unmanaged[Cdecl]<nint, void> free);

    [LibraryImport(Library, EntryPoint = "virConnectUnregisterCloseCallback"), DefaultDllImportSearchPaths(Search)]
    internal static partial int ConnectUnregisterCloseCallback(nint connection, delegate* unmanaged[Cdecl]<nint, int, nint, void> callback);

    /// <summary>Frees what libvirt allocated for its caller.</summary>
    [LibraryImport("libc", EntryPoint = "free"), DefaultDllImportSearchPaths(Search)]
    internal static partial void Free(nint memory);
}

/// <summary>The beginning of <c>virError</c>; the rest is deprecated or not needed.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeError
{
    internal int Code;
    internal int Domain;
    internal byte* Message;
    internal int Level;
}

/// <summary><c>virNodeInfo</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NodeInfo
{
    internal fixed byte Model[32];

    /// <summary>Memory in KiB.</summary>
    internal nuint Memory;

    internal uint Cpus, MegaHertz, Nodes, Sockets, Cores, Threads;
}
