using System.Runtime.InteropServices;
using System.Text;

namespace Warren.Hypervisors.Libvirt.Native;

/// <summary>A failure as libvirt reports it: the number, the part of the library it comes from, and words for people.</summary>
internal sealed class VirError(int code, int source, string message) : Exception(message)
{
    internal const int InternalError = 1, OperationInvalid = 55, NoDomain = 42, NoNetwork = 43, NoPool = 49, NoVolume = 50,
        NoSnapshot = 72, NoMetadata = 80, VolumeExists = 90, OperationFailed = 9, NoSupport = 3, AgentUnresponsive = 86, RevertRisky = 77;

    /// <summary><c>virErrorNumber</c>.</summary>
    internal int Code { get; } = code;

    /// <summary><c>virErrorDomain</c>.</summary>
    internal int From { get; } = source;

    /// <summary>The last failure of this thread; libvirt keeps one for each.</summary>
    internal static unsafe VirError Last()
    {
        var error = LibVirt.GetLastError();
        if (error is null) return new VirError(InternalError, 0, "libvirt failed without a word");
        var failure = new VirError(error->Code, error->Domain, Marshal.PtrToStringUTF8((nint)error->Message) ?? "");
        LibVirt.ResetLastError();
        return failure;
    }

    /// <summary>Insists that a call did not return -1.</summary>
    internal static int Check(int result) => result < 0 ? throw Last() : result;

    /// <summary>Insists that a call returned an object.</summary>
    internal static T Check<T>(T handle) where T : VirHandle
    {
        if (!handle.IsInvalid) return handle;
        handle.Dispose();
        throw Last();
    }

    /// <summary>An object, or null when the failure is the one expected.</summary>
    internal static T? Find<T>(T handle, int absent) where T : VirHandle
    {
        if (!handle.IsInvalid) return handle;
        handle.Dispose();
        var failure = Last();
        return failure.Code == absent ? null : throw failure;
    }

    /// <summary>A text that libvirt allocated for us.</summary>
    internal static string Take(nint text)
    {
        if (text == 0) throw Last();
        var copy = Marshal.PtrToStringUTF8(text)!;
        LibVirt.Free(text);
        return copy;
    }

    /// <summary>
    /// What it means to a caller, by number only. A failure in the transport (VIR_FROM_RPC 7, VIR_FROM_REMOTE 13) means that the
    /// daemon was not reached, whatever its number.
    /// </summary>
    /// <param name="lost">The connection is known to be lost.</param>
    internal HypervisorException Explain(bool lost = false) => new(lost ? HypervisorErrorKind.Unreachable : Kind(), Words(), this);

    internal HypervisorErrorKind Kind() => Code switch
    {
        NoDomain or NoNetwork or NoPool or NoVolume or NoSnapshot => HypervisorErrorKind.NotFound,
        3 or 26 or 67 or 74 or 84 => HypervisorErrorKind.Unsupported,      // NO_SUPPORT, CALL_FAILED, CONFIG_, ARGUMENT_ and OPERATION_UNSUPPORTED
        83 or 87 => HypervisorErrorKind.Busy,                              // BLOCK_COPY_ACTIVE, RESOURCE_BUSY
        68 when From == 10 => HypervisorErrorKind.Busy,                    // OPERATION_TIMEOUT of the QEMU driver: the machine is under another job
        29 or 45 or 79 or 88 or 94 => HypervisorErrorKind.Rejected,        // OPERATION_DENIED, AUTH_FAILED, AUTH_CANCELLED, ACCESS_DENIED, AUTH_UNAVAILABLE
        4 or 5 or 39 or 40 or 68 or 85 or 86 or 97 or 98 => HypervisorErrorKind.Unreachable, // UNKNOWN_HOST, NO_CONNECT, RPC, GNUTLS, OPERATION_TIMEOUT, SSH, AGENT_*, LIBSSH
        _ => From is 7 or 13 or 50 or 66 ? HypervisorErrorKind.Unreachable : HypervisorErrorKind.Rejected,
    };

    private string Words()
    {
        var text = new StringBuilder(Message.Length);
        foreach (var rune in Message.Trim()) text.Append(char.IsControl(rune) ? ' ' : rune);
        return text.Length > 600 ? text.ToString(0, 600) : text.ToString();
    }
}
