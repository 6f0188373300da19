using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>Nothing that clients send grows without end.</summary>
[Trait("Tier", "unit")]
public class LimitTests
{
    [Fact]
    public async Task A_group_has_no_more_members_than_may_be()
    {
        await using var broker = new TestBroker(new GroupOptions { MaxMembers = 2 });
        var formed = await broker.Form(2);
        Assert.Equal(KafkaError.GroupMaxSizeReached, (await TestBroker.Within(broker.Join())).Error);
        Assert.Equal(KafkaError.GroupMaxSizeReached, (await TestBroker.Within(broker.Join(requireId: true))).Error);
        Assert.Equal(KafkaError.None, broker.Heartbeat(formed.Ids[1], formed.Generation));
        Assert.Equal(GroupState.Stable, broker.State);
        broker.Leave(formed.Ids[1]);
        Assert.Equal(KafkaError.MemberIdRequired, (await TestBroker.Within(broker.Join(requireId: true))).Error);
    }

    [Fact]
    public async Task A_static_member_that_is_back_takes_no_further_place()
    {
        await using var broker = new TestBroker(new GroupOptions { MaxMembers = 2 });
        await broker.Form(2, ["one", "two"]);
        Assert.Equal(KafkaError.None, (await TestBroker.Within(broker.Join(instance: "two"))).Error);
    }

    [Fact]
    public async Task Ids_that_were_given_out_count_as_members()
    {
        await using var broker = new TestBroker(new GroupOptions { MaxMembers = 3 });
        for (var i = 0; i < 3; i++)
            Assert.Equal(KafkaError.MemberIdRequired, (await TestBroker.Within(broker.Join(requireId: true))).Error);
        Assert.Equal(KafkaError.GroupMaxSizeReached, (await TestBroker.Within(broker.Join(requireId: true))).Error);
        broker.Time.Advance(TestBroker.SessionTimeout);
        Assert.Equal(KafkaError.MemberIdRequired, (await TestBroker.Within(broker.Join(requireId: true))).Error);
    }

    [Fact]
    public async Task A_group_that_was_loaded_with_too_many_members_keeps_as_many_as_may_be()
    {
        await using var broker = new TestBroker(new GroupOptions { MaxMembers = 4 });
        var formed = await broker.Form(4);
        broker.Options.MaxMembers = 3;
        await broker.RestartAsync();
        Assert.All(formed.Ids, id => Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(id, formed.Generation)));
        var joins = formed.Ids.Select(id => broker.Join(id)).ToArray();
        var joined = await TestBroker.Within(Task.WhenAll(joins));
        Assert.Equal(KafkaError.GroupMaxSizeReached, joined[3].Error);
        await broker.Assign(joined[..3]);
    }

    [Fact]
    public async Task There_are_no_more_groups_than_may_be_and_unused_ones_make_room()
    {
        await using var broker = new TestBroker(new GroupOptions { MaxGroups = 2 });
        await broker.Commit("", -1, 1, group: "a");
        // Nobody comes back with the id.
        await TestBroker.Within(broker.Join(group: "b", requireId: true, session: 500));
        Assert.Equal(KafkaError.PolicyViolation, (await TestBroker.Within(broker.Join(group: "c"))).Error);
        Assert.Equal(KafkaError.PolicyViolation, await broker.Commit("", -1, 1, group: "c"));
        broker.Time.Advance(500);
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 1, group: "c"));
        Assert.Null(broker.Groups.Find("b"));
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 2, group: "a"));
    }

    [Fact]
    public async Task A_member_with_more_bytes_than_may_be_is_refused()
    {
        await using var broker = new TestBroker(new GroupOptions { MaxMemberBytes = 2000, MaxGroupBytes = 3000 });
        Assert.Equal(KafkaError.MessageTooLarge, (await TestBroker.Within(broker.Join(topics: [new string('x', 2000)]))).Error);
        var formed = await broker.Form();
        var first = broker.Join(formed.Ids[0], topics: [new string('x', 1700)]);
        Assert.Equal(KafkaError.None, (await TestBroker.Within(first)).Error);
        Assert.Equal(KafkaError.GroupMaxSizeReached, (await TestBroker.Within(broker.Join(topics: [new string('y', 1700)]))).Error);
        // Its own former metadata does not count against a member.
        Assert.Equal(KafkaError.None, (await TestBroker.Within(broker.Join(formed.Ids[0], topics: [new string('z', 1700)]))).Error);
    }

    [Fact]
    public async Task An_assignment_with_more_bytes_than_may_be_is_refused_and_the_group_rebalances()
    {
        await using var broker = new TestBroker(new GroupOptions { InitialRebalanceDelayMs = 0, MaxGroupBytes = 3000 });
        var joined = await TestBroker.Within(broker.Join());
        var sync = new SyncRequest(1, joined.MemberId, null, "consumer", "range", new Dictionary<string, byte[]> { [joined.MemberId] = new byte[3001] });
        Assert.Equal(KafkaError.UnknownServerError, (await TestBroker.Within(broker.Groups.SyncAsync("g", sync))).Error);
        Assert.Equal(KafkaError.RebalanceInProgress, broker.Heartbeat(joined.MemberId, 1));
        var again = await TestBroker.Within(broker.Join(joined.MemberId));
        await broker.Assign([again]);
    }
}
