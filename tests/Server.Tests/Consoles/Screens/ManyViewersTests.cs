using Warren.Contracts;
using Warren.Server.Consoles.Screens;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>A crowd before one screen, and one in it who asks for everything and takes nothing.</summary>
public sealed class ManyViewersTests
{
    /// <summary>Updates until one who comes back has seen all: what it was being sent, what was new since, and what was painted while it took that.</summary>
    private const int MostLeft = 3;

    private static readonly int[][] s_kinds = [[0], [1, 0], [7, 0], [1, 7, -223]];

    [Fact]
    public async Task One_that_never_reads_changes_nothing_for_sixty_others_and_nothing_piles_up_for_it()
    {
        var screen = new ScriptedScreen();
        await using var hub = new ScreenHub(screen.OpenAsync, TimeProvider.System);
        List<TestViewer> viewers = [];
        List<Task> serving = [];
        var greeting = screen.GreetAsync();
        var first = JoinAsync([0]);
        await greeting;
        await screen.SendAsync(screen.Paint(0, 0, 320, 200, (x, y) => (uint)(x * 3 + y * 777)));
        var stalled = await first;
        for (var i = 0; i < 60; i++) viewers.Add(await JoinAsync(s_kinds[i % s_kinds.Length]));
        await SeeAsync(0, 20);
        for (var i = 0; i < 10; i++) await stalled.AskAsync(incremental: false);
        await SeeAsync(20, 120);
        // Nobody was hung up on and nobody missed a picture; and a hundred of them were not kept for one who took none.
        serving.ShouldAllBe(s => !s.IsCompleted);
        var updates = 0;
        do
        {
            (++updates).ShouldBeLessThanOrEqualTo(MostLeft);
            await stalled.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(60));
            await stalled.AskAsync();
        }
        while (!stalled.Pixels.AsSpan().SequenceEqual(screen.Pixels));

        foreach (var viewer in viewers.Append(stalled)) viewer.Dispose();

        async Task<TestViewer> JoinAsync(int[] understands)
        {
            var (near, far) = DuplexLine.Make();
            var viewer = new TestViewer(near);
            serving.Add(new Viewer(hub, far, new Visitor("v", "somebody", ViewerRole.View), ViewerRole.View, TimeProvider.System).RunAsync(default));
            await viewer.GreetAsync().WaitAsync(TimeSpan.FromSeconds(60));
            await viewer.UnderstandAsync(understands);
            return viewer;
        }

        // Every tenth picture is seen by all of them, pixel for pixel.
        async Task SeeAsync(int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                var shift = i;
                await screen.SendAsync(i % 3 == 0
                    ? screen.Move(20, 10, 200, 100, 23, 12)
                    : screen.Paint(i % 7 * 20, i % 5 * 20, 160, 100, (x, y) => (uint)(x * y + shift * 77)));
                if (i % 10 == 9) await Task.WhenAll(viewers.Select(v => v.SeesAsync(() => screen.Pixels)));
            }
        }
    }
}
