using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Groups;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>Who may commit, what is kept, and what the log may free.</summary>
[Trait("Tier", "unit")]
public class CommitTests
{
    [Fact]
    public async Task A_member_commits_in_its_generation_only()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        Assert.Equal(KafkaError.None, await broker.Commit(formed.Ids[0], formed.Generation, 17));
        Assert.Equal(KafkaError.IllegalGeneration, await broker.Commit(formed.Ids[0], formed.Generation - 1, 18));
        Assert.Equal(KafkaError.UnknownMemberId, await broker.Commit("nobody", formed.Generation, 18));
        Assert.Equal(KafkaError.UnknownMemberId, await broker.Commit("", -1, 18));
        Assert.Equal(KafkaError.IllegalGeneration, await broker.Commit(formed.Ids[0], -1, 18));
        Assert.Equal(17, broker.Committed());
    }

    [Fact]
    public async Task A_member_may_still_commit_while_a_rebalance_is_prepared_and_not_while_it_is_completed()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        var late = broker.Join();
        Assert.Equal(KafkaError.None, await broker.Commit(formed.Ids[0], formed.Generation, 17));
        var joined = await TestBroker.Within(Task.WhenAll(broker.Join(formed.Ids[0]), late));
        Assert.Equal(KafkaError.RebalanceInProgress, await broker.Commit(formed.Ids[0], joined[0].Generation, 18));
        Assert.Equal(KafkaError.IllegalGeneration, await broker.Commit(formed.Ids[0], formed.Generation, 18));
    }

    [Fact]
    public async Task A_commit_is_a_sign_of_life()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        for (var i = 0; i < 5; i++)
        {
            broker.Time.Advance(TestBroker.SessionTimeout - 1);
            Assert.Equal(KafkaError.None, await broker.Commit(formed.Ids[0], formed.Generation, i));
        }
    }

    [Fact]
    public async Task A_consumer_without_a_group_s_members_commits_while_the_group_is_empty()
    {
        await using var broker = new TestBroker();
        Assert.Equal(KafkaError.IllegalGeneration, await broker.Commit("somebody", 3, 5));
        Assert.Null(broker.Groups.Find("g"));
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 5));
        var formed = await broker.Form();
        Assert.Equal(KafkaError.UnknownMemberId, await broker.Commit("", -1, 6));
        broker.Leave(formed.Ids[0]);
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 7));
        Assert.Equal(7, broker.Committed());
    }

    [Fact]
    public async Task The_log_may_be_freed_below_the_least_offset_of_the_groups_that_have_one()
    {
        await using var broker = new TestBroker();
        Assert.Null(broker.Groups.ConsumedBelow("chunks", 0));
        await broker.Commit("", -1, 30, group: "a");
        Assert.Equal(30, broker.Groups.ConsumedBelow("chunks", 0));
        await broker.Commit("", -1, 20, group: "b");
        await broker.Commit("", -1, 1, partition: 1, group: "c");
        Assert.Equal(20, broker.Groups.ConsumedBelow("chunks", 0));
        Assert.Equal(KafkaError.None, await TestBroker.Within(broker.Groups.DeleteAsync("b")));
        Assert.Equal(30, broker.Groups.ConsumedBelow("chunks", 0));
        // Told after the fact, and not more than once for what was written together.
        await Eventually(() => broker.Advanced.Count == 4);
        Assert.Equal([("chunks", 0), ("chunks", 0), ("chunks", 1), ("chunks", 0)], broker.Advanced);
    }

    [Fact]
    public async Task The_offsets_of_a_deleted_topic_are_not_restored()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 30);
        await broker.Commit("", -1, 40, topic: "other");
        broker.Groups.TopicDeleted("chunks");
        Assert.Null(broker.Committed());
        await broker.RestartAsync();
        Assert.Null(broker.Committed());
        Assert.Equal(40, broker.Committed(topic: "other"));
    }

    [Fact]
    public async Task Offsets_of_a_topic_that_was_deleted_just_before_a_crash_do_not_come_back()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 30);
        await broker.Commit("", -1, 40, topic: "other");
        broker.Topics.Remove("chunks");
        await broker.RestartAsync();
        broker.Topics.Add("chunks");
        await Eventually(() => broker.Committed() is null);
        await broker.RestartAsync();
        Assert.Null(broker.Committed());
        Assert.Equal(40, broker.Committed(topic: "other"));
    }

    [Fact]
    public async Task Offsets_that_a_member_reads_cannot_be_deleted_others_can()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 30);
        await broker.Commit("", -1, 40, topic: "other");
        await broker.Form();
        var (error, partitions) = await TestBroker.Within(broker.Groups.Find("g")!.DeleteOffsetsAsync([new("chunks", 0), new("other", 0)]));
        Assert.Equal(KafkaError.None, error);
        Assert.Equal([KafkaError.GroupSubscribedToTopic, KafkaError.None], partitions);
        Assert.Equal((30, (long?)null), (broker.Committed(), broker.Committed(topic: "other")));
    }

    [Fact]
    public async Task Only_a_group_without_members_is_deleted()
    {
        await using var broker = new TestBroker();
        var formed = await broker.Form();
        await broker.Commit(formed.Ids[0], formed.Generation, 17);
        Assert.Equal(KafkaError.NonEmptyGroup, await TestBroker.Within(broker.Groups.DeleteAsync("g")));
        broker.Leave(formed.Ids[0]);
        Assert.Equal(KafkaError.None, await TestBroker.Within(broker.Groups.DeleteAsync("g")));
        Assert.Equal(KafkaError.GroupIdNotFound, await TestBroker.Within(broker.Groups.DeleteAsync("g")));
        Assert.Empty(Directory.GetFiles(broker.Folder));
        // A group of that name is another one, and stays.
        Assert.Equal(KafkaError.None, await broker.Commit("", -1, 3));
        await broker.RestartAsync();
        Assert.Equal(3, broker.Committed());
    }

    [Fact]
    public async Task Offsets_of_a_group_that_nobody_came_back_to_are_forgotten()
    {
        await using var broker = new TestBroker(new GroupOptions { OffsetsRetentionMinutes = 60 });
        var formed = await broker.Form();
        await broker.Commit(formed.Ids[0], formed.Generation, 17);
        await broker.Commit("", -1, 5, group: "simple");
        // As long as the group has a member that reads the topic, its offset stays.
        for (var hour = 0; hour < 3; hour++)
        {
            for (var i = 0; i < 360; i++)
            {
                broker.Time.Advance(TestBroker.SessionTimeout - 1);
                broker.Heartbeat(formed.Ids[0], formed.Generation);
            }
        }
        Assert.Equal(17, broker.Committed());
        await Eventually(() => broker.Groups.ConsumedBelow("chunks", 0) == 17);

        broker.Leave(formed.Ids[0]);
        broker.Time.Advance(59 * 60_000);
        Assert.Equal(17, broker.Committed());
        broker.Time.Advance(30 * 60_000);
        await Eventually(() => broker.Committed() is null);
        broker.Time.Advance(30 * 60_000);
        await Eventually(() => broker.Groups.Find("g") is null && broker.Groups.Find("simple") is null);
        await Eventually(() => Directory.GetFiles(broker.Folder).Length == 0);
    }

    [Fact]
    public async Task Commits_that_wait_together_share_a_flush()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        await broker.Commit("", -1, 0);
        var before = disk.Flushes;
        disk.HoldFlushes();
        var commits = Enumerable.Range(1, 100).Select(offset => broker.Commit("", -1, offset)).ToArray();
        Assert.All(commits, commit => Assert.False(commit.IsCompleted));
        disk.ReleaseFlushes();
        Assert.All(await TestBroker.Within(Task.WhenAll(commits)), error => Assert.Equal(KafkaError.None, error));
        Assert.InRange(disk.Flushes - before, 1, 3);
        Assert.InRange(broker.Advanced.Count, 2, 4);
        Assert.Equal(100, broker.Committed());
    }

    [Fact]
    public async Task A_commit_under_way_is_forgotten_with_its_topic()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        await broker.Commit("", -1, 1, topic: "other");
        disk.HoldFlushes();
        var commit = broker.Commit("", -1, 5);
        var deleting = new Thread(() => broker.Groups.TopicDeleted("chunks"));
        deleting.Start();
        Assert.True(SpinWait.SpinUntil(() => deleting.ThreadState == ThreadState.WaitSleepJoin, TimeSpan.FromSeconds(30)), "It did not wait for the commit.");
        disk.ReleaseFlushes();
        Assert.True(deleting.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal(KafkaError.None, await commit);
        Assert.Null(broker.Committed());
        await broker.RestartAsync();
        Assert.Null(broker.Committed());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_under_way_keeps_its_group_and_is_not_forgotten_with_an_old_one(bool hadOne)
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(new GroupOptions { OffsetsRetentionMinutes = 60 }, disk);
        if (hadOne)
            await broker.Commit("", -1, 5);
        broker.Time.Advance(59 * 60_000);
        disk.HoldFlushes();
        var commit = broker.Commit("", -1, 6);
        // The old one is out of date when the new one is not on disk yet.
        broker.Time.Advance(11 * 60_000);
        disk.ReleaseFlushes();
        Assert.Equal(KafkaError.None, await commit);
        await broker.RestartAsync();
        Assert.Equal(6, broker.Committed());
    }

    [Fact]
    public async Task Offsets_of_a_topic_that_the_group_no_longer_reads_are_forgotten()
    {
        await using var broker = new TestBroker(new GroupOptions { OffsetsRetentionMinutes = 60 });
        await broker.Commit("", -1, 5);
        await broker.Commit("", -1, 6, topic: "other");
        var formed = await broker.Form();
        for (var i = 0; i < 80 * 6; i++)
        {
            broker.Time.Advance(TestBroker.SessionTimeout - 1);
            broker.Heartbeat(formed.Ids[0], formed.Generation);
        }
        await Eventually(() => broker.Committed(topic: "other") is null);
        Assert.Equal(5, broker.Committed());
    }

    [Fact]
    public async Task What_members_read_is_known_after_a_restart_of_the_broker()
    {
        await using var broker = new TestBroker();
        await broker.Commit("", -1, 6, topic: "other");
        await broker.Form();
        await broker.RestartAsync();
        var (_, partitions) = await TestBroker.Within(broker.Groups.Find("g")!.DeleteOffsetsAsync([new("chunks", 0), new("other", 0)]));
        Assert.Equal([KafkaError.GroupSubscribedToTopic, KafkaError.None], partitions);
    }

    [Fact]
    public async Task A_commit_is_seen_when_it_is_on_disk_and_who_must_not_read_behind_it_is_told_to_wait()
    {
        var disk = new FaultyGroupDisk();
        await using var broker = new TestBroker(disk: disk);
        await broker.Commit("", -1, 5);
        disk.HoldFlushes();
        var commit = broker.Commit("", -1, 6);
        var group = broker.Groups.Find("g")!;
        Assert.Equal(5, broker.Committed());
        Assert.Equal(5, broker.Groups.ConsumedBelow("chunks", 0));
        Assert.Equal(5, group.Fetch(null, requireStable: false).Single().Offset?.Offset);
        Assert.Equal(KafkaError.UnstableOffsetCommit, group.Fetch(null, requireStable: true).Single().Error);
        disk.ReleaseFlushes();
        await TestBroker.Within(commit);
        Assert.Equal(6, group.Fetch(null, requireStable: true).Single().Offset?.Offset);
    }

    internal static async Task Eventually(Func<bool> condition)
    {
        for (var tries = 0; !condition(); tries++)
        {
            Assert.True(tries < 1000, "It did not happen within ten seconds.");
            await Task.Delay(10);
        }
    }
}
