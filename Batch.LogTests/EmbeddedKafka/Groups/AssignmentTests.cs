using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>How a group comes to a protocol and an assignment, and what goes wrong on the way.</summary>
[Trait("Tier", "unit")]
public sealed class AssignmentTests
{
    [Fact]
    public async Task The_protocol_is_one_that_all_support_and_most_prefer()
    {
        await using var broker = new TestBroker();
        var joins = new[]
        {
            broker.Join(protocols: ["sticky", "range", "roundrobin"]), broker.Join(protocols: ["roundrobin", "range"]),
            broker.Join(protocols: ["range", "roundrobin"]), broker.Join(protocols: ["range", "roundrobin", "sticky"]),
        };
        broker.Time.Advance(1000);
        Assert.All(await TestBroker.Within(Task.WhenAll(joins)), join => Assert.Equal("range", join.Protocol));
    }

    [Fact]
    public async Task A_member_that_has_no_protocol_in_common_is_refused()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        Assert.Equal(KafkaError.InconsistentGroupProtocol, (await TestBroker.Within(broker.Join(protocols: ["sticky"]))).Error);
        Assert.Equal(KafkaError.InconsistentGroupProtocol, (await TestBroker.Within(broker.Join(type: "connect"))).Error);
        Assert.Equal(KafkaError.InconsistentGroupProtocol, (await TestBroker.Within(broker.Join(protocols: []))).Error);
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[0], formed.Generation));
    }

    [Fact]
    public async Task A_sync_for_another_generation_or_protocol_is_refused()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        Assert.Equal(KafkaError.IllegalGeneration, (await TestBroker.Within(broker.Sync(formed.Ids[0], formed.Generation + 1))).Error);
        var other = new SyncRequest(formed.Generation, formed.Ids[0], null, "consumer", "sticky", new Dictionary<string, byte[]>());
        Assert.Equal(KafkaError.InconsistentGroupProtocol, (await TestBroker.Within(broker.Groups.SyncAsync("g", other))).Error);
        Assert.Equal(KafkaError.InconsistentGroupProtocol,
            (await TestBroker.Within(broker.Groups.SyncAsync("g", other with { ProtocolType = "connect" }))).Error);
    }

    [Fact]
    public async Task A_follower_that_joins_again_unchanged_is_told_the_generation_and_a_leader_starts_a_rebalance()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form(2);
        Assert.Equal(formed.Generation, (await TestBroker.Within(broker.Join(formed.Ids[1]))).Generation);
        Assert.Equal(GroupState.Stable, broker.State);
        var leader = broker.Join(formed.Ids[0]);
        Assert.Equal(GroupState.PreparingRebalance, broker.State);
        var joined = await TestBroker.Within(Task.WhenAll(leader, broker.Join(formed.Ids[1])));
        Assert.All(joined, join => Assert.Equal(formed.Generation + 1, join.Generation));
    }

    [Fact]
    public async Task A_joiner_while_the_leader_assigns_sends_those_who_wait_back_to_join()
    {
        await using var broker = new TestBroker();
        var joins = new[] { broker.Join(), broker.Join() };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        var waiting = broker.Sync(joined[1].MemberId, 1);
        var late = broker.Join();
        Assert.Equal(KafkaError.RebalanceInProgress, (await TestBroker.Within(waiting)).Error);
        var again = await TestBroker.Within(Task.WhenAll(broker.Join(joined[0].MemberId), broker.Join(joined[1].MemberId), late));
        await broker.Assign(again);
    }

    [Fact]
    public async Task A_leader_that_dies_before_it_assigns_is_replaced()
    {
        await using var broker = new TestBroker();
        var joins = new[] { broker.Join(), broker.Join() };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        var waiting = broker.Sync(joined[1].MemberId, 1);
        broker.Time.Advance(TestBroker.SessionTimeout);
        Assert.Equal(KafkaError.RebalanceInProgress, (await TestBroker.Within(waiting)).Error);
        var again = await TestBroker.Within(broker.Join(joined[1].MemberId));
        Assert.Equal((joined[1].MemberId, 2), (again.Leader, again.Generation));
    }

    [Fact]
    public async Task Members_that_never_fetch_their_assignment_are_out_after_the_rebalance_timeout()
    {
        await using var broker = new TestBroker();
        var joins = new[] { broker.Join(), broker.Join() };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        await TestBroker.Within(broker.Sync(joined[0].MemberId, 1, null, (joined[0].MemberId, 1)));
        for (var waited = 0; waited < TestBroker.RebalanceTimeout; waited += 5000)
        {
            foreach (var member in joined)
                broker.Heartbeat(member.MemberId, 1);
            broker.Time.Advance(5000);
        }
        Assert.Equal(KafkaError.UnknownMemberId, broker.Heartbeat(joined[1].MemberId, 1));
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(joined[0].MemberId, 1));
    }

    [Fact]
    public async Task Who_missed_the_answer_to_its_join_is_told_it_again()
    {
        await using var broker = new TestBroker();
        var joins = new[] { broker.Join(), broker.Join() };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        var leader = await TestBroker.Within(broker.Join(joined[0].MemberId));
        Assert.Equal((1, 2), (leader.Generation, leader.Members.Count));
        var follower = await TestBroker.Within(broker.Join(joined[1].MemberId));
        Assert.Equal((1, 0), (follower.Generation, follower.Members.Count));
        await broker.Assign(joined);
    }

    [Fact]
    public async Task A_member_that_dies_after_it_waited_for_its_assignment_is_missed()
    {
        await using var broker = new TestBroker();
        var joins = new[] { broker.Join(), broker.Join() };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        var waiting = broker.Sync(joined[1].MemberId, 1);
        for (var waited = 0; waited < 3 * TestBroker.SessionTimeout; waited += 5000)
        {
            broker.Heartbeat(joined[0].MemberId, 1);
            broker.Time.Advance(5000);
        }
        await TestBroker.Within(broker.Sync(joined[0].MemberId, 1, null, (joined[1].MemberId, 5)));
        Assert.Equal([5], (await TestBroker.Within(waiting)).Assignment);
        broker.Time.Advance(TestBroker.SessionTimeout - 1);
        Assert.Equal(KafkaError.None, broker.Heartbeat(joined[0].MemberId, 1));
        broker.Time.Advance(1);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(joined[0].MemberId, 1));
    }

    [Fact]
    public async Task A_sync_that_is_repeated_leaves_nobody_waiting_for_the_first_one_and_the_first_assignment_counts()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        var joins = new[] { broker.Join(), broker.Join() };
        broker.Time.Advance(1000);
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        var follower = broker.Sync(joined[1].MemberId, 1);
        disk.HoldFlushes();
        var first = broker.Sync(joined[0].MemberId, 1, null, (joined[1].MemberId, 1));
        var second = broker.Sync(joined[0].MemberId, 1, null, (joined[1].MemberId, 2));
        Assert.Equal(KafkaError.RebalanceInProgress, (await TestBroker.Within(first)).Error);
        disk.ReleaseFlushes();
        Assert.Equal(KafkaError.None, (await TestBroker.Within(second)).Error);
        Assert.Equal([1], (await TestBroker.Within(follower)).Assignment);
        await broker.Commit(joined[1].MemberId, 1, 5);
        await broker.RestartAsync();
        Assert.Equal([1], (await TestBroker.Within(broker.Sync(joined[1].MemberId, 1))).Assignment);
    }

    [Fact]
    public async Task A_joiner_while_the_assignment_is_written_comes_before_it()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        var join = broker.Join();
        broker.Time.Advance(1000);
        var leader = (await TestBroker.Within(join)).MemberId;
        disk.HoldFlushes();
        var sync = broker.Sync(leader, 1, null, (leader, 1));
        var late = broker.Join();
        disk.ReleaseFlushes();
        Assert.Equal(KafkaError.RebalanceInProgress, (await TestBroker.Within(sync)).Error);
        // Behind what was written.
        await broker.Commit("", -1, 1, group: "other");
        Assert.Equal(GroupState.PreparingRebalance, broker.State);
        await broker.Assign(await TestBroker.Within(Task.WhenAll(broker.Join(leader), late)));
    }
}
