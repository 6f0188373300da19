using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>KIP-345: members with a group.instance.id.</summary>
[Trait("Tier", "unit")]
public class StaticMemberTests
{
    static readonly string[] Instances = ["one", "two"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_static_member_that_restarts_has_its_assignment_back_without_a_rebalance(int which)
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances);
        broker.Time.Advance(TestBroker.SessionTimeout - 1);
        broker.Heartbeat(formed.Ids[1 - which], formed.Generation, Instances[1 - which]);

        var back = await TestBroker.Within(broker.Join(instance: Instances[which], skip: true));
        Assert.Equal((KafkaError.None, formed.Generation), (back.Error, back.Generation));
        Assert.NotEqual(formed.Ids[which], back.MemberId);
        Assert.Equal(new[] { (byte)which }, (await TestBroker.Within(broker.Sync(back.MemberId, formed.Generation, Instances[which]))).Assignment);
        Assert.Equal(GroupState.Stable, broker.State);
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[1 - which], formed.Generation, Instances[1 - which]));
        // It has a session of its own from now on.
        broker.Time.Advance(TestBroker.SessionTimeout - 1);
        Assert.Equal(KafkaError.None, broker.Heartbeat(back.MemberId, formed.Generation, Instances[which]));
    }

    [Fact]
    public async Task A_leader_that_restarts_is_told_to_skip_the_assignment_from_version_9_on_and_not_to_be_the_leader_before()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances);
        var newer = await TestBroker.Within(broker.Join(instance: "one", skip: true));
        Assert.True(newer.SkipAssignment);
        Assert.Equal(newer.MemberId, newer.Leader);
        Assert.Equal(2, newer.Members.Count);

        var older = await TestBroker.Within(broker.Join(instance: "one", skip: false));
        Assert.False(older.SkipAssignment);
        Assert.Equal(newer.MemberId, older.Leader);
        Assert.Empty(older.Members);
        Assert.Equal(GroupState.Stable, broker.State);
    }

    [Fact]
    public async Task The_former_twin_is_fenced_in_whatever_it_does()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances);
        await TestBroker.Within(broker.Join(instance: "two"));
        var former = formed.Ids[1];
        Assert.Equal(KafkaError.FencedInstanceId, broker.Heartbeat(former, formed.Generation, "two"));
        Assert.Equal(KafkaError.FencedInstanceId, (await TestBroker.Within(broker.Join(former, "two"))).Error);
        Assert.Equal(KafkaError.FencedInstanceId, (await TestBroker.Within(broker.Sync(former, formed.Generation, "two"))).Error);
        Assert.Equal(KafkaError.FencedInstanceId, await broker.Commit(former, formed.Generation, 5, instance: "two"));
        Assert.Equal(KafkaError.FencedInstanceId, broker.Leave(former, "two"));
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat(former, formed.Generation));
    }

    [Fact]
    public async Task A_twin_that_waits_is_fenced_while_it_waits()
    {
        await using var broker = new TestBroker();
        var first = broker.Join(instance: "one");
        var twin = broker.Join(instance: "one");
        Assert.Equal(KafkaError.FencedInstanceId, (await TestBroker.Within(first)).Error);
        broker.Time.Advance(1000);
        await broker.Assign([await TestBroker.Within(twin)], ["one"]);
    }

    [Fact]
    public async Task The_fence_is_there_after_a_restart_of_the_broker()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances);
        var back = await TestBroker.Within(broker.Join(instance: "two"));
        await broker.RestartAsync();
        Assert.Equal(KafkaError.FencedInstanceId, broker.Heartbeat(formed.Ids[1], formed.Generation, "two"));
        Assert.Equal(KafkaError.None, broker.Heartbeat(back.MemberId, formed.Generation, "two"));
    }

    [Fact]
    public async Task A_static_member_keeps_its_place_in_a_rebalance_that_it_misses()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances, ["range"]);
        // The second one restarts: away for longer than the rebalance, shorter than its session.
        var leader = broker.Join(formed.Ids[0], "one", rebalance: 3000);
        var third = broker.Join(rebalance: 3000);
        for (var i = 0; i < 13; i++)
        {
            broker.Time.Advance(5000);
            broker.Heartbeat(formed.Ids[1], formed.Generation, "two");
        }
        var joined = await TestBroker.Within(Task.WhenAll(leader, third));
        Assert.Equal(3, joined[0].Members.Count);
        Assert.Contains(joined[0].Members, member => member.InstanceId == "two");
    }

    [Fact]
    public async Task A_static_member_that_does_not_come_back_within_its_session_is_out()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances);
        broker.Time.Advance(TestBroker.SessionTimeout - 1);
        broker.Heartbeat(formed.Ids[0], formed.Generation, "one");
        broker.Time.Advance(1);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(formed.Ids[0], formed.Generation, "one"));
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat(formed.Ids[1], formed.Generation, "two"));
    }

    [Fact]
    public async Task A_member_that_comes_back_with_other_protocols_that_change_the_choice_starts_a_rebalance()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances, ["range", "sticky"]);
        var back = broker.Join(instance: "two", protocols: ["sticky"]);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(formed.Ids[0], formed.Generation, "one"));
        var joined = await TestBroker.Within(Task.WhenAll(back, broker.Join(formed.Ids[0], "one", ["range", "sticky"])));
        Assert.All(joined, join => Assert.Equal("sticky", join.Protocol));
    }

    [Fact]
    public async Task A_member_that_is_back_while_the_leader_assigns_starts_the_rebalance_again()
    {
        await using var broker = new TestBroker();
        var joins = new[] { broker.Join(instance: "one"), broker.Join(instance: "two") };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        var back = broker.Join(instance: "two");
        // The leader's assignment is for the former id.
        var late = await TestBroker.Within(broker.Sync(joined[0].MemberId, 1, "one", (joined[0].MemberId, 0), (joined[1].MemberId, 1)));
        Assert.Equal(KafkaError.RebalanceInProgress, late.Error);
        await broker.Assign(await TestBroker.Within(Task.WhenAll(broker.Join(joined[0].MemberId, "one"), back)), Instances);
    }

    [Fact]
    public async Task A_member_that_is_back_and_does_not_fetch_its_assignment_is_out_as_its_former_self_would_be()
    {
        await using var broker = new TestBroker();
        var joins = new[] { broker.Join(instance: "one"), broker.Join(instance: "two") };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        await TestBroker.Within(broker.Sync(joined[0].MemberId, 1, "one", (joined[0].MemberId, 0), (joined[1].MemberId, 1)));
        var back = await TestBroker.Within(broker.Join(instance: "two"));
        for (var waited = 0; waited < TestBroker.RebalanceTimeout; waited += 5000)
        {
            broker.Heartbeat(joined[0].MemberId, 1, "one");
            broker.Heartbeat(back.MemberId, 1, "two");
            broker.Time.Advance(5000);
        }
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat(back.MemberId, 1, "two"));
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(joined[0].MemberId, 1, "one"));
    }

    [Fact]
    public async Task A_new_member_that_asked_twice_waits_longer_than_its_session()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(1, ["one"]);
        var first = broker.Join(instance: "two");
        var second = broker.Join(instance: "two");
        Assert.Equal(KafkaError.FencedInstanceId, (await TestBroker.Within(first)).Error);
        for (var waited = 0; waited < 3 * TestBroker.SessionTimeout; waited += 5000)
        {
            broker.Heartbeat(formed.Ids[0], formed.Generation, "one");
            broker.Time.Advance(5000);
        }
        Assert.False(second.IsCompleted);
        await broker.Assign(await TestBroker.Within(Task.WhenAll(broker.Join(formed.Ids[0], "one"), second)), Instances);
    }

    [Fact]
    public async Task A_rebalance_that_may_take_no_time_and_finds_no_member_waits_for_the_sessions_without_spinning()
    {
        await using var broker = new TestBroker(new GroupOptions { InitialRebalanceDelayMs = 0 });
        var first = broker.Join(instance: "one", rebalance: 0);
        var second = broker.Join(instance: "two", rebalance: 0);
        var joined = await TestBroker.Within(Task.WhenAll(broker.Join((await TestBroker.Within(first)).MemberId, "one", rebalance: 0), second));
        await broker.Assign(joined, Instances);
        broker.Leave(joined[0].MemberId, "one");
        broker.Time.Advance(TestBroker.SessionTimeout - 2000);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(joined[1].MemberId, joined[1].Generation, "two"));
        broker.Time.Advance(TestBroker.SessionTimeout);
        Assert.Equal(GroupState.Empty, broker.State);
    }

    [Fact]
    public async Task An_administrator_removes_static_members_by_their_instance_alone_several_at_once()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2, Instances);
        var (error, members) = broker.Groups.Leave("g", [new("", "one", null), new("", "nobody", null), new(formed.Ids[1], "two", null)]);
        Assert.Equal(KafkaError.None, error);
        Assert.Equal([KafkaError.None, KafkaError.UnknownMemberId, KafkaError.None], members);
        Assert.Equal(GroupState.Empty, broker.State);
    }

    [Fact]
    public async Task Static_members_that_are_all_away_do_not_end_the_group_before_their_sessions()
    {
        await using var broker = new TestBroker(new GroupOptions { MaxMembers = 2 });
        var formed = await broker.Form(2, Instances);
        // A rebalance that nobody joins.
        Assert.Equal(KafkaError.None, broker.Leave(formed.Ids[0], "one"));
        Assert.Equal(GroupState.PreparingRebalance, broker.State);
        broker.Time.Advance(TestBroker.SessionTimeout - 1);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(formed.Ids[1], formed.Generation, "two"));
        broker.Time.Advance(TestBroker.SessionTimeout);
        Assert.Equal(GroupState.Empty, broker.State);
    }
}
