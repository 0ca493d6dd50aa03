using System.Text.Json.Nodes;
using Warren.Hypervisors;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Snapshots;

namespace Hypervisors.Tests.Qemu;

/// <summary>File systems are still while their disk is frozen, where the agent can do it, and never longer.</summary>
public sealed class QuietGuestTests : IDisposable
{
    private readonly string _machines = Directory.CreateTempSubdirectory("warren-quiet-").FullName;
    private readonly Line _line = new();
    private readonly MachineFolder _folder;
    private readonly QuietGuest _quiet;

    public QuietGuestTests()
    {
        _folder = new MachineFolder(_machines, "m1");
        _folder.Make();
        _quiet = new QuietGuest(_line);
    }

    [Fact]
    public async Task The_guest_stands_still_while_it_is_done_and_goes_on_after()
    {
        await _quiet.DuringAsync(_folder, ActAsync, TestContext.Current.CancellationToken);
        _line.Asked.ShouldBe(["guest-ping", "guest-fsfreeze-freeze", "act", "guest-fsfreeze-thaw"]);
        File.Exists(_folder.Quiet).ShouldBeFalse();
    }

    [Fact]
    public async Task It_goes_on_also_when_what_was_to_be_done_failed()
    {
        await Should.ThrowAsync<IOException>(() => _quiet.DuringAsync(_folder, () => throw new IOException("full"), TestContext.Current.CancellationToken));
        _line.Asked[^1].ShouldBe("guest-fsfreeze-thaw");
        File.Exists(_folder.Quiet).ShouldBeFalse();
    }

    [Theory]
    [InlineData("guest-ping", "guest-ping act")]
    [InlineData("guest-fsfreeze-freeze", "guest-ping guest-fsfreeze-freeze act guest-fsfreeze-thaw")]
    public async Task A_guest_that_cannot_is_taken_as_it_is(string refused, string asked)
    {
        _line.Refused = refused;
        await _quiet.DuringAsync(_folder, ActAsync, TestContext.Current.CancellationToken);
        string.Join(' ', _line.Asked).ShouldBe(asked);
        File.Exists(_folder.Quiet).ShouldBeFalse();
    }

    [Fact]
    public async Task One_that_a_dead_server_left_still_goes_on()
    {
        await _quiet.RecoverAsync(_folder);
        _line.Asked.ShouldBeEmpty();
        await File.WriteAllBytesAsync(_folder.Quiet, [], TestContext.Current.CancellationToken);
        await _quiet.RecoverAsync(_folder);
        _line.Asked.ShouldBe(["guest-fsfreeze-thaw"]);
        File.Exists(_folder.Quiet).ShouldBeFalse();
    }

    public void Dispose() => Directory.Delete(_machines, recursive: true);

    private Task ActAsync()
    {
        File.Exists(_folder.Quiet).ShouldBe(_line.Asked.Contains("guest-fsfreeze-freeze"), "whoever comes after a crash must know");
        _line.Asked.Add("act");
        return Task.CompletedTask;
    }

    private sealed class Line : IAgentLine
    {
        public List<string> Asked { get; } = [];

        public string? Refused { get; set; }

        public Task<JsonNode?> AskAsync(string machineId, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation)
        {
            Asked.Add(command);
            if (command == Refused) throw command == "guest-ping" ? new HypervisorException(HypervisorErrorKind.Unreachable, "silent") : new GuestAgentRefusal("CommandNotFound", "disabled");
            return Task.FromResult<JsonNode?>(1);
        }
    }
}
