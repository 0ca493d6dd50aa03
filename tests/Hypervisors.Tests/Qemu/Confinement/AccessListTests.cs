using Warren.Hypervisors.Qemu.Confinement;

namespace Hypervisors.Tests.Qemu.Confinement;

/// <summary>Lists of access as acl(5) orders them. Which are heeded is the taken-over QEMU's test.</summary>
public sealed class AccessListTests
{
    private const ushort Owner = 1, User = 2, OwningGroup = 4, Group = 8, Mask = 16, Other = 32;

    private const uint NoId = uint.MaxValue;

    private static readonly AccessList.Entry[] s_private = [new(Owner, 6, NoId), new(OwningGroup, 0, NoId), new(Other, 0, NoId)];

    [Fact]
    public void An_entry_comes_in_order_and_the_mask_lets_it_hold()
    {
        var list = AccessList.With(AccessList.With(s_private, User, 9, AccessList.Read, _ => true), User, 7, AccessList.Read, _ => true);
        list.ShouldBe([new(Owner, 6, NoId), new(User, 4, 7), new(User, 4, 9), new(OwningGroup, 0, NoId), new(Mask, 4, NoId), new(Other, 0, NoId)]);
        AccessList.With(list, Group, 5, AccessList.Execute, _ => true).Single(e => e.Tag == Mask).Rights.ShouldBe((ushort)5);
    }

    [Fact]
    public void Users_that_are_gone_go_and_one_that_is_there_is_there_once()
    {
        var list = AccessList.With(s_private, User, 9, AccessList.Read, _ => true);
        AccessList.With(list, User, 7, AccessList.Read, u => u != 9).Where(e => e.Tag == User).ShouldBe([new(User, 4, 7)]);
        AccessList.With(list, User, 9, AccessList.Read | AccessList.Write, _ => true).Where(e => e.Tag == User).ShouldBe([new(User, 6, 9)]);
    }
}
