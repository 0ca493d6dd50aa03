using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;

namespace Warren.Server.Audit;

/// <summary>Says of a route that it is written down although it only looks, or is not although it looks like a change.</summary>
internal sealed record AuditMark(bool Written)
{
    /// <summary>It hands out what should be known to have been taken.</summary>
    public static readonly AuditMark Always = new(true);

    /// <summary>A POST that changes nothing: it only asks with a body.</summary>
    public static readonly AuditMark Never = new(false);
}

/// <summary>
/// Which routes are written down, and what they are called: <c>machine.launch</c>, from the route's name. A route that says nothing is
/// written down unless it is asked by GET, HEAD or OPTIONS; one that opens a WebSocket is.
/// </summary>
internal static partial class AuditActions
{
    /// <summary>Where the route's name does not read as verb and subject.</summary>
    private static readonly Dictionary<string, string> s_own = new(StringComparer.Ordinal)
    {
        ["logIn"] = "session.log-in",
        ["logInSecondFactor"] = "session.second-factor",
        ["logOut"] = "session.log-out",
        ["endOtherSessions"] = "session.end-others",
        ["switchProject"] = "session.switch-project",
        ["signUp"] = "user.sign-up",
        ["connectIdentity"] = "account.connect-identity",
        ["addIdentity"] = "account.add-identity",
        ["deleteIdentity"] = "account.delete-identity",
        ["changePassword"] = "account.change-password",
        ["beginSecondFactor"] = "account.begin-second-factor",
        ["confirmSecondFactor"] = "account.confirm-second-factor",
        ["removeSecondFactor"] = "account.remove-second-factor",
        ["createLoginLink"] = "account.create-login-link",
        ["createUserLoginLink"] = "user.create-login-link",
        ["endUserSessions"] = "user.end-sessions",
        ["removeUserSecondFactor"] = "user.remove-second-factor",
        ["setUserLimits"] = "user.set-limits",
        ["setProjectLimits"] = "project.set-limits",
        ["createUserToken"] = "user.create-token",
        ["deleteUserToken"] = "user.delete-token",
        ["setProjectMember"] = "project.set-member",
        ["removeProjectMember"] = "project.remove-member",
        ["setAutostart"] = "machine.set-autostart",
        ["injectKeys"] = "machine.inject-keys",
        ["sendInput"] = "machine.send-input",
        ["openScreen"] = "machine.open-screen",
        ["openSerial"] = "machine.open-serial",
        ["openPort"] = "machine.open-port",
        ["createTicket"] = "machine.create-ticket",
        ["claimMachine"] = "pool.claim",
        ["markGoldenImageReady"] = "golden-image.mark-ready",
        ["appendToUpload"] = "upload.append",
    };

    /// <summary>What a request is called in the trail; null: it is not written down.</summary>
    public static string? Of(Endpoint? endpoint, string method)
    {
        if (endpoint is not RouteEndpoint { RoutePattern.RawText: { } route } || !route.StartsWith("/api/v1/", StringComparison.Ordinal)) return null;
        var written = endpoint.Metadata.GetMetadata<AuditMark>()?.Written
            ?? (!(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)) || IsSocket(endpoint));
        return written ? NameOf(endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? method) : null;
    }

    /// <summary><c>createGoldenImage</c> is <c>golden-image.create</c>.</summary>
    private static string NameOf(string name)
    {
        if (s_own.TryGetValue(name, out var own)) return own;
        var words = Boundary().Replace(name, " ").ToLowerInvariant().Split(' ');
        return words.Length == 1 ? words[0] : string.Join('-', words[1..]) + "." + words[0];
    }

    private static bool IsSocket(Endpoint endpoint) => endpoint.Metadata.OfType<IProducesResponseTypeMetadata>().Any(p => p.StatusCode == StatusCodes.Status101SwitchingProtocols);

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Boundary();
}
