using Batch.Core.Log;

namespace Batch.Tests.Log;

/// <summary>What every log guarantees: of records, and of the groups that read them.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public abstract class LogContract : RecordContract
{
    [SkippableFact]
    public async Task A_record_that_was_not_committed_is_delivered_again_once_its_reader_has_left()
    {
        var topic = await NewTopicAsync();
        var group = NewName("group");
        await AppendAsync(topic, 0, 0, 4);
        await using (var first = Log.Join(group, [topic]))
        {
            using var done = await ReadAsync(first);
            using var inHand = await ReadAsync(first);
            await first.CommitAsync(done.Position, CancellationToken.None).WaitAsync(TestTimeout);
        }

        await using var second = Log.Join(group, [topic]);

        Assert.Equal(Numbers(1, 3), await ReadTextsAsync(second, 3));
    }

    [SkippableFact]
    public async Task A_commit_says_that_all_records_before_are_done_and_outlives_the_log()
    {
        var topic = await NewTopicAsync();
        var group = NewName("group");
        await AppendAsync(topic, 0, 0, 5);
        await using (var consumer = Log.Join(group, [topic]))
        {
            for (var i = 0; i < 3; i++)
                using (var record = await ReadAsync(consumer))
                    if (i == 2)
                        await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        }

        await ReopenAsync();
        await Log.EnsureTopicAsync(topic, 1, CancellationToken.None).WaitAsync(TestTimeout);

        await using var again = Log.Join(group, [topic]);
        Assert.Equal(Numbers(3, 2), await ReadTextsAsync(again, 2));
    }

    [SkippableFact]
    public async Task Each_group_reads_every_record()
    {
        var topic = await NewTopicAsync();
        await AppendAsync(topic, 0, 0, 3);
        await using var one = Log.Join(NewName("group"), [topic]);
        await using var other = Log.Join(NewName("group"), [topic]);

        Assert.Equal(Numbers(0, 3), await ReadTextsAsync(one, 3));
        Assert.Equal(Numbers(0, 3), await ReadTextsAsync(other, 3));
    }

    [SkippableFact]
    public async Task Members_share_the_partitions_and_a_newcomer_takes_its_part()
    {
        var topic = await NewTopicAsync(4);
        var group = NewName("group");
        await using var first = new Reader(Log.Join(group, [topic]), commit: true);
        for (var partition = 0; partition < 4; partition++)
            await AppendAsync(topic, partition, $"alone-{partition}");
        await EventuallyAsync(() => first.Count == 4);

        await using var second = new Reader(Log.Join(group, [topic]), commit: true);
        // A group may agree more than once; in the end each reads its half, and nothing is left unread on the way.
        await EventuallyAsync(async () =>
        {
            var round = new List<LogPosition>();
            for (var partition = 0; partition < 4; partition++)
                round.Add(await AppendAsync(topic, partition, "shared"));
            await EventuallyAsync(() => first.Positions.Concat(second.Positions).Intersect(round).Count() == 4);
            var ours = first.Positions.Intersect(round).ToList();
            var theirs = second.Positions.Intersect(round).ToList();
            return ours.Count == 2 && theirs.Count == 2;
        });
        Assert.True(first.Revoked.Count >= 2);
    }

    [SkippableFact]
    public async Task What_a_leaver_held_goes_to_those_who_stay()
    {
        var topic = await NewTopicAsync(2);
        var group = NewName("group");
        await using var stays = new Reader(Log.Join(group, [topic]), commit: true);
        var leaves = new Reader(Log.Join(group, [topic]), commit: false);
        var sent = new List<LogPosition>();
        // The one who joined first may read all there is before the other has joined.
        await EventuallyAsync(async () =>
        {
            await AppendToBothAsync();
            await EventuallyAsync(() => !sent.Except(stays.Positions).Except(leaves.Positions).Any());
            return leaves.Count > 0;
        });

        await leaves.DisposeAsync();
        await AppendToBothAsync();

        // With what the leaver had read and not committed.
        await EventuallyAsync(() => !sent.Except(stays.Positions).Any());

        async Task AppendToBothAsync()
        {
            sent.Add(await AppendAsync(topic, 0, "a"));
            sent.Add(await AppendAsync(topic, 1, "b"));
        }
    }

    [SkippableFact]
    public async Task A_commit_for_a_partition_lost_meanwhile_is_ignored()
    {
        var topic = await NewTopicAsync(2);
        var group = NewName("group");
        for (var partition = 0; partition < 2; partition++)
            await AppendAsync(topic, partition, 0, 2);
        var former = Log.Join(group, [topic]);
        var inHand = new List<LogPosition>();
        while (inHand.Count < 4)
            using (var record = await ReadAsync(former))
                inHand.Add(record.Position);
        var revoked = new List<LogPartition>();
        former.Revoked += revoked.AddRange;

        var next = new Reader(Log.Join(group, [topic]), commit: false);
        LogPartition lost = default;
        await EventuallyAsync(async () =>
        {
            await ReadPastAsync(former);
            lost = revoked.Find(partition => next.Positions.Count(position => position.Source == partition) == 2);
            return lost != default;
        });
        await former.CommitAsync(inHand.Last(position => position.Source == lost), CancellationToken.None).WaitAsync(TestTimeout);
        await former.DisposeAsync();
        await next.DisposeAsync();

        await using var later = new Reader(Log.Join(group, [topic]), commit: false);
        await EventuallyAsync(() => later.Positions.Count(position => position.Source == lost) == 2);
    }

    [SkippableFact]
    public async Task A_paused_partition_is_silent_while_others_go_on_and_loses_nothing()
    {
        var topic = await NewTopicAsync(2);
        await AppendAsync(topic, 0, 0, 3);
        await using var consumer = Log.Join(NewName("group"), [topic]);
        Assert.Equal("0", await ReadTextAsync(consumer));

        consumer.Pause(new LogPartition(topic, 0));
        await AppendAsync(topic, 1, "other");
        Assert.Equal("other", await ReadTextAsync(consumer));
        await AssertSilentAsync(consumer);
        consumer.Resume(new LogPartition(topic, 0));

        Assert.Equal(Numbers(1, 2), await ReadTextsAsync(consumer, 2));
    }

    [SkippableFact]
    public async Task A_resume_wakes_a_read_that_waits()
    {
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join(NewName("group"), [topic]);
        await AppendAsync(topic, 0, 0, 2);
        Assert.Equal("0", await ReadTextAsync(consumer));
        consumer.Pause(new LogPartition(topic, 0));

        var read = ReadTextAsync(consumer);
        await Task.Delay(Silence);
        Assert.False(read.IsCompleted);
        consumer.Resume(new LogPartition(topic, 0));

        Assert.Equal("1", await read);
    }

    [SkippableFact]
    public async Task Topics_that_stand_earlier_in_the_list_are_served_first()
    {
        var urgent = await NewTopicAsync();
        var bulk = await NewTopicAsync(2);
        await using var consumer = Log.Join(NewName("group"), [urgent, bulk]);
        await AppendAsync(bulk, 0, 0, 5);
        await AppendAsync(bulk, 1, 0, 5);
        using (var record = await ReadAsync(consumer))
            Assert.Equal(bulk, record.Position.Topic);

        await AppendAsync(urgent, 0, "urgent");
        await Task.Delay(Silence);

        using (var record = await ReadAsync(consumer))
            Assert.Equal(urgent, record.Position.Topic);
        Assert.Equal(9, (await ReadTextsAsync(consumer, 9)).Count);
    }

    [SkippableFact]
    public async Task A_read_that_waits_is_woken_by_an_append()
    {
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join(NewName("group"), [topic]);
        var read = ReadTextAsync(consumer);
        await Task.Delay(Silence);
        Assert.False(read.IsCompleted);

        await AppendAsync(topic, 0, "now");

        Assert.Equal("now", await read);
    }

    [SkippableFact]
    public async Task A_cancelled_read_loses_nothing()
    {
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join(NewName("group"), [topic]);
        for (var i = 0; i < 5; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var read = consumer.ReadAsync(cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TestTimeout));
            await AppendAsync(topic, 0, $"{i}");
            Assert.Equal($"{i}", await ReadTextAsync(consumer));
        }
    }

    [SkippableFact]
    public async Task Lag_counts_what_a_group_has_not_committed()
    {
        var topic = await NewTopicAsync(2);
        var group = NewName("group");
        await AppendAsync(topic, 0, 0, 3);
        await using var consumer = Log.Join(group, [topic]);
        Assert.Equal<long[]>([3, 0], await LagAsync(group, topic));

        using (var record = await ReadAsync(consumer))
            await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        await AppendAsync(topic, 1, 0, 1);

        Assert.Equal<long[]>([2, 1], await LagAsync(group, topic));
        Assert.Equal(
            [(0L, 3L, 1L), (0L, 1L, 0L)],
            (await Log.LagAsync(group, topic, CancellationToken.None).WaitAsync(TestTimeout))
                .OrderBy(lag => lag.Partition.Partition).Select(lag => (lag.Start, lag.End, lag.Committed ?? 0)));
        Assert.Equal<long[]>([3, 1], await LagAsync(NewName("group"), topic));
    }

    async Task<long[]> LagAsync(string group, string topic) =>
        [.. (await Log.LagAsync(group, topic, CancellationToken.None).WaitAsync(TestTimeout))
            .OrderBy(lag => lag.Partition.Partition).Select(lag => lag.Behind)];

    [SkippableFact]
    public async Task A_read_under_way_ends_when_its_consumer_is_disposed()
    {
        var topic = await NewTopicAsync();
        var consumer = Log.Join(NewName("group"), [topic]);
        var read = consumer.ReadAsync(CancellationToken.None).AsTask();

        await consumer.DisposeAsync().AsTask().WaitAsync(TestTimeout);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => read.WaitAsync(TestTimeout));
    }
}
