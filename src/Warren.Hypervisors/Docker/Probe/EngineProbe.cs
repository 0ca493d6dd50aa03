using System.Globalization;
using Warren.Hypervisors.Docker.Consoles;
using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Images;
using Warren.Hypervisors.Docker.Storage;

namespace Warren.Hypervisors.Docker.Probe;

/// <summary>Finds out what an engine and its host really can do.</summary>
internal sealed class EngineProbe(EngineClient engine, DockerOptions options, ContainerImages images, HelperContainers helpers, OfferProof offers)
{
    internal async Task<HostProbe> RunAsync(CancellationToken cancellation)
    {
        var (version, api) = await engine.VersionAsync(cancellation);
        var info = (await engine.GetAsync("/info", cancellation)).Require("info");
        List<string> problems = [];
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["api"] = api,
            ["engine"] = options.Endpoint.ToString(),
            ["system"] = $"{(string?)info["OperatingSystem"]}, {(string?)info["KernelVersion"]}",
            ["storage"] = $"{(string?)info["Driver"]} in {(string?)info["DockerRootDir"]}",
            ["cgroups"] = $"v{(string?)info["CgroupVersion"] ?? "1"}",
        };
        if ((string?)info["OSType"] is { } system && system != "linux") problems.Add($"the engine runs {system} containers — remedy: one for Linux containers");
        var missing = new Dictionary<string, string>(StringComparer.Ordinal);
        if (PublishedPorts.IsOutOfReach(options)) missing["screen"] = "the engine is elsewhere and publishes screens on its own loopback only: state publishAddress";
        var memory = ((long?)info["MemTotal"] ?? 0) >> 20;
        var processors = (int?)info["NCPU"] ?? 0;
        string runner;
        try
        {
            runner = await images.RunnerAsync(cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected)
        {
            problems.Add(e.Message);
            return new HostProbe(version, "tcg", "nothing could be tried without the runner image", new HostCapacity(memory, processors, 0), facts, problems) { Missing = missing };
        }

        await helpers.SweepAsync(cancellation);
        var proven = await offers.ProveAsync(runner, cancellation);
        facts["runner"] = runner;
        facts["network"] = proven.TapReason;
        var free = await FreeAsync(runner, cancellation);
        return new HostProbe(version, proven.Offer.Kvm ? "kvm" : "tcg", proven.KvmReason, new HostCapacity(memory, processors, free), facts, problems) { Missing = missing };
    }

    /// <summary>Free space where containers and volumes lie, which the API does not tell.</summary>
    private async Task<long> FreeAsync(string runner, CancellationToken cancellation)
    {
        var text = await helpers.RequireAsync("df", new HelperJob(runner, "df -Pk / | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4"), cancellation);
        return long.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes >> 20 : 0;
    }
}
