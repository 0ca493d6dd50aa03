using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Warren.Contracts;
using Warren.Server.Web;

namespace Warren.Server.Vagrant;

/// <summary>What may be asked for. A file that these rules let pass is one that Vagrant accepts.</summary>
internal static partial class VagrantRules
{
    /// <summary>The kind that has a script in a Vagrantfile's place.</summary>
    public const string Wsl = "wsl";

    private const int Longest = 1024;
    private const int Most = 32;

    /// <summary>The provider of a name.</summary>
    public static VagrantProvider? Provider(string name) => VagrantProvider.All.FirstOrDefault(p => p.Name == name);

    /// <exception cref="Operations.RefusedException">A rule is broken.</exception>
    public static void Check(VagrantfileRequest request)
    {
        var check = new Check();
        check.That(request.Template is null != request.Machine is null, request.Template is null ? "template" : "machine", "exactly one of template and machine is needed");
        check.That(request.Hypervisor == Wsl || Provider(request.Hypervisor) is not null, "hypervisor", $"must be one of {string.Join(", ", VagrantProvider.All.Select(p => p.Name))}, {Wsl}");
        check.That(request.Box is null || IsPlain(request.Box), "box", $"1 to {Longest} characters, none of them a control character");
        check.That(request.BoxVersion is null || BoxVersion().IsMatch(request.BoxVersion), "boxVersion", "versions as 4.3.12, >= 4.0, < 5 or ~> 4.3, separated by commas");
        check.That(request.SyncedFolders.Count <= Most, "syncedFolders", $"at most {Most}");
        check.That(request.Networks.Count <= Most, "networks", $"at most {Most}");
        var guests = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < request.SyncedFolders.Count; i++)
        {
            var folder = request.SyncedFolders[i];
            check.That(IsPlain(folder.HostPath), $"syncedFolders[{i}].hostPath", $"1 to {Longest} characters, none of them a control character");
            check.That(IsPlain(folder.GuestPath) && folder.GuestPath.StartsWith('/') && folder.GuestPath.Length > 1, $"syncedFolders[{i}].guestPath", "an absolute path of the guest");
            check.That(guests.Add(folder.GuestPath.TrimEnd('/')), $"syncedFolders[{i}].guestPath", "differs from the others");
        }

        for (var i = 0; i < request.Networks.Count; i++)
        {
            var network = request.Networks[i];
            check.That(network.Address is null || (IPAddress.TryParse(network.Address, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork && ip.ToString() == network.Address),
                $"networks[{i}].address", "an IPv4 address");
            check.That(network.Bridge is null || (network.Kind == VagrantNetworkKind.Public && IsPlain(network.Bridge)), $"networks[{i}].bridge", "a name of the host's, of a public network");
        }

        check.Throw();
    }

    /// <summary>The plan with what the request adds.</summary>
    /// <exception cref="Operations.RefusedException">There is no box.</exception>
    public static VagrantPlan Complete(VagrantPlan plan, VagrantfileRequest request)
    {
        var box = request.Box ?? Boxes.For(request.Hypervisor, plan.Box);
        var check = new Check();
        check.That(box is not null, "box", plan.Box.Length == 0 ? "must be named: the source has no image" : $"must be named: none is known of the image {plan.Box} for {request.Hypervisor}");
        check.Throw();
        return plan with { Box = box!, BoxVersion = request.BoxVersion, Folders = request.SyncedFolders, Networks = request.Networks };
    }

    private static bool IsPlain(string text) => text.Length is > 0 and <= Longest && !text.Any(char.IsControl);

    /// <summary>Requirements as RubyGems reads them, without what no box has.</summary>
    [GeneratedRegex(@"\A(?:=|!=|>=|<=|~>|>|<)? ?[0-9]{1,9}(?:\.[0-9A-Za-z]{1,20}){0,6}(?:, ?(?:=|!=|>=|<=|~>|>|<)? ?[0-9]{1,9}(?:\.[0-9A-Za-z]{1,20}){0,6}){0,7}\z", RegexOptions.NonBacktracking)]
    private static partial Regex BoxVersion();
}
