using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>Who is in a group: joining, staying and leaving.</summary>
[Trait("Tier", "unit")]
public class MembershipTests
{
    [Fact]
    public async Task Two_members_get_the_assignment_of_their_leader()
    {
        await using var broker = new TestBroker();
        var first = broker.Join();
        var second = broker.Join();
        Assert.False(first.IsCompleted);
        broker.Time.Advance(1000);
        var (leader, follower) = (await TestBroker.Within(first), await TestBroker.Within(second));

        Assert.Equal(1, leader.Generation);
        Assert.Equal(leader.MemberId, leader.Leader);
        Assert.Equal(leader.MemberId, follower.Leader);
        Assert.Equal([leader.MemberId, follower.MemberId], leader.Members.Select(member => member.MemberId));
        Assert.Empty(follower.Members);
        Assert.Equal("range", follower.Protocol);

        var waiting = broker.Sync(follower.MemberId, 1);
        Assert.False(waiting.IsCompleted);
        var own = await TestBroker.Within(broker.Sync(leader.MemberId, 1, null, (leader.MemberId, 7), (follower.MemberId, 8)));
        Assert.Equal([7], own.Assignment);
        Assert.Equal([8], (await TestBroker.Within(waiting)).Assignment);
        Assert.Equal(GroupState.Stable, broker.State);
        Assert.Equal(KafkaError.None, broker.Heartbeat(follower.MemberId, 1));
    }

    [Fact]
    public async Task A_new_member_is_given_its_id_first_and_joins_with_it()
    {
        await using var broker = new TestBroker();
        var refused = await TestBroker.Within(broker.Join(requireId: true));
        Assert.Equal(KafkaError.MemberIdRequired, refused.Error);
        Assert.StartsWith("client-", refused.MemberId);

        var join = broker.Join(refused.MemberId, requireId: true);
        broker.Time.Advance(1000);
        Assert.Equal((KafkaError.None, refused.MemberId), ((await TestBroker.Within(join)).Error, (await join).MemberId));
    }

    [Fact]
    public async Task An_id_that_nobody_came_back_with_expires_and_holds_up_no_rebalance()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        var late = await TestBroker.Within(broker.Join(requireId: true, session: 500));
        var again = broker.Join(formed.Ids[0]);
        // The one that was announced is waited for.
        Assert.False(again.IsCompleted);
        broker.Time.Advance(501);
        Assert.Equal(2, (await TestBroker.Within(again)).Generation);
        Assert.Equal(KafkaError.UnknownMemberId, (await TestBroker.Within(broker.Join(late.MemberId))).Error);
    }

    [Fact]
    public async Task Unknown_members_and_groups_are_refused()
    {
        await using var broker = new TestBroker();
        Assert.Equal(KafkaError.UnknownMemberId, (await TestBroker.Within(broker.Join("nobody"))).Error);
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat("nobody", 1));
        Assert.Equal(KafkaError.UnknownMemberId, (await TestBroker.Within(broker.Sync("nobody", 1))).Error);
        Assert.Equal(KafkaError.UnknownMemberId, broker.Leave("nobody"));
        var formed = await broker.Form();
        Assert.Equal(KafkaError.UnknownMemberId, (await TestBroker.Within(broker.Join("nobody"))).Error);
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat("nobody", formed.Generation));
        Assert.Equal(KafkaError.InvalidGroupId, (await TestBroker.Within(broker.Join(group: ""))).Error);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(1_800_001)]
    public async Task A_session_timeout_out_of_range_is_refused(int timeout)
    {
        await using var broker = new TestBroker();
        Assert.Equal(KafkaError.InvalidSessionTimeout, (await TestBroker.Within(broker.Join(session: timeout))).Error);
        Assert.Null(broker.Groups.Find("g"));
    }

    [Fact]
    public async Task A_late_joiner_makes_the_others_join_again()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        var late = broker.Join();
        Assert.False(late.IsCompleted);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(formed.Ids[0], formed.Generation));
        Assert.Equal(KafkaError.RebalanceInProgress, (await TestBroker.Within(broker.Sync(formed.Ids[0], formed.Generation))).Error);

        var again = broker.Join(formed.Ids[0]);
        var joined = await TestBroker.Within(Task.WhenAll(again, late));
        Assert.All(joined, join => Assert.Equal(formed.Generation + 1, join.Generation));
        await broker.Assign(joined);
        Assert.Equal(KafkaError.IllegalGeneration, broker.Heartbeat(formed.Ids[0], formed.Generation));
    }

    [Fact]
    public async Task Who_does_not_join_again_within_the_rebalance_timeout_is_out()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        var late = broker.Join();
        var again = broker.Join(formed.Ids[1]);
        for (var waited = 0; waited < TestBroker.RebalanceTimeout - 1; waited += 5000)
        {
            // It lives, and does not join.
            Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(formed.Ids[0], formed.Generation));
            Assert.False(again.IsCompleted);
            broker.Time.Advance(5000);
        }
        var joined = await TestBroker.Within(Task.WhenAll(again, late));
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat(formed.Ids[0], formed.Generation));
        // The leader was the one that is out.
        Assert.Equal(2, joined.Single(join => join.Leader == join.MemberId).Members.Count);
    }

    [Fact]
    public async Task A_member_without_a_heartbeat_is_out_and_the_rest_rebalances()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        broker.Time.Advance(TestBroker.SessionTimeout - 1);
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[0], formed.Generation));
        broker.Time.Advance(1);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(formed.Ids[0], formed.Generation));
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat(formed.Ids[1], formed.Generation));
        var again = await TestBroker.Within(broker.Join(formed.Ids[0]));
        Assert.Equal([formed.Ids[0]], again.Members.Select(member => member.MemberId));
    }

    [Fact]
    public async Task Heartbeats_keep_a_member_in_for_as_long_as_they_come()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        for (var i = 0; i < 100; i++)
        {
            broker.Time.Advance(TestBroker.SessionTimeout - 1);
            Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[0], formed.Generation));
        }
    }

    [Fact]
    public async Task A_member_that_waits_for_the_others_does_not_expire()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        var again = broker.Join(formed.Ids[0], topics: ["other"]);
        for (var i = 0; i < 5; i++)
        {
            broker.Time.Advance(TestBroker.SessionTimeout - 1000);
            broker.Heartbeat(formed.Ids[1], formed.Generation);
        }
        Assert.False(again.IsCompleted);
        var other = broker.Join(formed.Ids[1]);
        await broker.Assign(await TestBroker.Within(Task.WhenAll(again, other)));
    }

    [Fact]
    public async Task A_member_that_leaves_makes_the_rest_rebalance_at_once()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(3);
        Assert.Equal(KafkaError.None, broker.Leave(formed.Ids[0]));
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(formed.Ids[1], formed.Generation));
        var joined = await TestBroker.Within(Task.WhenAll(broker.Join(formed.Ids[1]), broker.Join(formed.Ids[2])));
        var leader = Assert.Single(joined.Select(join => join.Leader).Distinct());
        Assert.NotEqual(formed.Ids[0], leader);
        Assert.Contains(leader, formed.Ids);
    }

    [Fact]
    public async Task A_group_whose_last_member_leaves_is_empty_and_begins_anew_with_the_next_generation()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        Assert.Equal(KafkaError.None, broker.Leave(formed.Ids[0]));
        Assert.Equal(GroupState.Empty, broker.State);
        // Other protocols are possible now.
        var join = broker.Join(type: "connect", protocols: ["default"]);
        broker.Time.Advance(1000);
        Assert.Equal((3, "connect"), ((await TestBroker.Within(join)).Generation, (await join).ProtocolType));
    }

    [Fact]
    public async Task A_new_member_whose_client_never_asks_again_is_not_waited_for_without_end()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        var gone = broker.Join(rebalance: 3_600_000);
        var stays = broker.Join(formed.Ids[0], rebalance: 3_600_000);
        await TestBroker.Within(Task.WhenAll(gone, stays));
        // Joined, and gone without a trace while the next rebalance waits.
        var lost = broker.Join(rebalance: 3_600_000);
        for (var waited = 0; waited < 300_000; waited += 5000)
        {
            broker.Heartbeat((await stays).MemberId, 2);
            broker.Heartbeat((await gone).MemberId, 2);
            broker.Time.Advance(5000);
        }
        Assert.Equal(KafkaError.UnknownMemberId, (await TestBroker.Within(lost)).Error);
    }

    [Fact]
    public async Task A_join_that_is_repeated_leaves_nobody_waiting_for_the_first_one()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        var first = broker.Join(formed.Ids[0]);
        var second = broker.Join(formed.Ids[0]);
        Assert.Equal(KafkaError.RebalanceInProgress, (await TestBroker.Within(first)).Error);
        Assert.False(second.IsCompleted);
        await TestBroker.Within(Task.WhenAll(second, broker.Join(formed.Ids[1])));
    }

    [Fact]
    public async Task An_empty_group_waits_a_short_while_for_more_and_longer_while_they_come()
    {
        await using var broker = new TestBroker(new GroupOptions { InitialRebalanceDelayMs = 100 });
        var first = broker.Join();
        broker.Time.Advance(60);
        var second = broker.Join();
        broker.Time.Advance(60);
        Assert.False(first.IsCompleted);
        broker.Time.Advance(90);
        Assert.All(await TestBroker.Within(Task.WhenAll(first, second)), join => Assert.Equal(1, join.Generation));
    }

    [Fact]
    public async Task Without_a_delay_the_first_member_does_not_wait()
    {
        await using var broker = new TestBroker(new GroupOptions { InitialRebalanceDelayMs = 0 });
        Assert.Equal(1, (await TestBroker.Within(broker.Join())).Generation);
    }

    [Fact]
    public async Task A_member_whose_rebalance_ends_with_another_s_session_stays()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        broker.Heartbeat(formed.Ids[0], formed.Generation);
        broker.Heartbeat(formed.Ids[1], formed.Generation);
        var again = broker.Join(formed.Ids[1], topics: ["other"]);
        broker.Time.Advance(TestBroker.SessionTimeout);
        Assert.Equal(2, (await TestBroker.Within(again)).Generation);
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[1], 2));
    }

    [Fact]
    public async Task A_stopping_broker_answers_all_who_wait()
    {
        await using var broker = new TestBroker();
        var join = broker.Join();
        await broker.Groups.DisposeAsync();
        Assert.Equal(KafkaError.CoordinatorNotAvailable, (await TestBroker.Within(join)).Error);
        Assert.Equal(KafkaError.CoordinatorNotAvailable, (await TestBroker.Within(broker.Join())).Error);
        Assert.Equal(KafkaError.CoordinatorNotAvailable, await broker.Commit("", -1, 5));
    }
}
