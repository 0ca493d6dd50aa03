using System.Text.RegularExpressions;
using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.VirtualBox.Tool;

/// <summary>What VBoxManage says of a failure: "Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component …".</summary>
internal static partial class BoxAnswer
{
    private const int LongestMessage = 600;

    /// <summary>The code of a failure: <c>VBOX_E_…</c>, <c>E_…</c> or <c>NS_ERROR_…</c>; null where it names none.</summary>
    internal static string? CodeOf(CommandResult result) =>
        Code().Match(result.Error) is { Success: true } match ? match.Groups["code"].Value : null;

    /// <summary>A failure as the server knows it. Kinds go by the code alone (VirtualBox SDK reference, "Result codes").</summary>
    internal static HypervisorException Failure(CommandResult result, string doing)
    {
        var code = CodeOf(result);
        var said = Said(result);
        return new HypervisorException(IsWithoutService(result) ? HypervisorErrorKind.Unreachable : KindOf(code), code is null ? $"VBoxManage {doing}: {said}" : $"VBoxManage {doing}: {said} ({code})");
    }

    /// <summary>The call has not reached the service, and so has changed nothing (VBoxManage.cpp says this before it looks at its command).</summary>
    internal static bool IsWithoutService(CommandResult result) =>
        result.ExitCode != 0 && result.Error.Contains("Failed to create the VirtualBox object", StringComparison.Ordinal);

    /// <summary>The kind of a code.</summary>
    internal static HypervisorErrorKind KindOf(string? code) => code switch
    {
        "VBOX_E_OBJECT_NOT_FOUND" => HypervisorErrorKind.NotFound,
        // Another session holds the machine or the medium for the moment.
        "VBOX_E_INVALID_OBJECT_STATE" or "VBOX_E_OBJECT_IN_USE" or "VBOX_E_INVALID_SESSION_STATE" or "VBOX_E_TIMEOUT" => HypervisorErrorKind.Busy,
        // The service has died under the call, or does not answer.
        "NS_ERROR_CALL_FAILED" or "NS_ERROR_ABORT" or "NS_ERROR_SOCKET_FAIL" or "NS_ERROR_NOT_INITIALIZED" or "NS_ERROR_FACTORY_NOT_REGISTERED"
            or "RPC_S_SERVER_UNAVAILABLE" or "CO_E_SERVER_EXEC_FAILURE" or "REGDB_E_CLASSNOTREG" => HypervisorErrorKind.Unreachable,
        "VBOX_E_NOT_SUPPORTED" or "E_NOTIMPL" or "NS_ERROR_NOT_IMPLEMENTED" => HypervisorErrorKind.Unsupported,
        // VBOX_E_INVALID_VM_STATE, _VM_ERROR, _FILE_ERROR, _IPRT_ERROR, _HOST_ERROR, _XML_ERROR, E_INVALIDARG, E_ACCESSDENIED, NS_ERROR_FAILURE, …
        _ => HypervisorErrorKind.Rejected,
    };

    /// <summary>The end of a text, short enough for a message.</summary>
    internal static string Short(string text)
    {
        var trimmed = text.Trim();
        return trimmed.Length > LongestMessage ? trimmed[^LongestMessage..] : trimmed;
    }

    /// <summary>The sentences meant for people, without place in the source and code.</summary>
    private static string Said(CommandResult result)
    {
        const string Mark = "VBoxManage: error: ";
        var lines = result.Error.Split('\n').Select(l => l.Trim())
            .Where(l => l.StartsWith(Mark, StringComparison.Ordinal)).Select(l => l[Mark.Length..])
            .Where(l => !l.StartsWith("Details: ", StringComparison.Ordinal) && !l.StartsWith("Context: ", StringComparison.Ordinal)).ToArray();
        var said = lines.Length > 0 ? string.Join(' ', lines) : result.Error.Trim() is { Length: > 0 } error ? error : result.Output;
        return Short(said) is { Length: > 0 } text ? text : $"ended with {result.ExitCode}";
    }

    [GeneratedRegex(@"\bcode (?<code>[A-Z][A-Z0-9_]{2,60}) \(0x[0-9a-fA-F]{1,8}\)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Code();
}
