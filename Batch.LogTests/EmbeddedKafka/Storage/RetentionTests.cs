using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Storage;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "unit")]
public sealed class RetentionTests : StorageFixture
{
    async Task FillAsync(int batches)
    {
        Options = Options with { SegmentBytes = 4096 };
        await ReopenAsync();
        for (var i = 0; i < batches; i++)
            await AppendAsync(new TestBatch(new string('x', 1000)) { Timestamp = Time.GetUtcNow().ToUnixTimeMilliseconds() });
    }

    [Fact]
    public async Task Segments_stay_until_every_group_is_past_them()
    {
        await FillAsync(20);
        var bytes = BytesOnDisk;
        long? consumed = null;
        Store.ConsumedBelow = (topic, partition) => topic == TopicName && partition == 0 ? consumed : 0;
        LetRoomBeGivenBack();
        Assert.Equal(bytes, BytesOnDisk);

        consumed = 10;
        Store.ConsumedAdvanced(TopicName, 0);
        await EventuallyAsync(() => Partition.Start >= 8);
        Assert.InRange(Partition.Start, 8, 10);
        Assert.Equal(20 - Partition.Start, ReadAll().Count);

        consumed = 20;
        Store.ConsumedAdvanced(TopicName, 0);
        await EventuallyAsync(() => BytesOnDisk == 0);
        Assert.Equal(20, await AppendAsync("goes on"));
    }

    [Fact]
    public async Task A_small_drained_segment_stays_until_nothing_has_come_for_a_while_also_over_a_restart()
    {
        Options = Options with { DrainedAfter = TimeSpan.FromHours(1) };
        await ReopenAsync();
        Store.ConsumedBelow = (_, _) => long.MaxValue;
        await AppendAsync("small, and just written");
        await ReopenAsync();
        Store.ConsumedBelow = (_, _) => long.MaxValue;
        LetRoomBeGivenBack();
        Assert.Equal(["0=small, and just written"], ReadAll());

        Options = Options with { DrainedAfter = TimeSpan.FromSeconds(1) };
        await ReopenAsync();
        Store.ConsumedBelow = (_, _) => long.MaxValue;
        await EventuallyAsync(() => BytesOnDisk == 0);
    }

    [Fact]
    public async Task What_is_older_than_retention_ms_is_freed_the_active_segment_too()
    {
        await FillAsync(6);
        Store.Configure(Store.Find(TopicName)!, Options.Defaults with { RetentionMs = 3_600_000 });
        Time.Ahead = TimeSpan.FromMinutes(61);
        await AppendAsync(new TestBatch(new string('y', 3500)) { Timestamp = Time.GetUtcNow().ToUnixTimeMilliseconds() });
        await EventuallyAsync(() => Partition.Start == 6);
        Assert.Single(ReadAll());

        Time.Ahead = TimeSpan.FromMinutes(122);
        await EventuallyAsync(() => BytesOnDisk == 0);
        Assert.Equal((7, 7), (Partition.Start, Partition.End));
    }

    [Fact]
    public async Task Records_without_a_time_are_as_old_as_their_append()
    {
        await AppendAsync(new TestBatch("x") { Timestamp = -1 });
        Store.Configure(Store.Find(TopicName)!, Options.Defaults with { RetentionMs = 3_600_000 });
        LetRoomBeGivenBack();
        Assert.Single(ReadAll());
        await ReopenAsync();
        Assert.Single(ReadAll());
        Time.Ahead = TimeSpan.FromMinutes(61);
        await EventuallyAsync(() => BytesOnDisk == 0);
    }

    [Fact]
    public async Task What_is_above_retention_bytes_is_freed_oldest_first()
    {
        await FillAsync(20);
        Store.Configure(Store.Find(TopicName)!, Options.Defaults with { RetentionBytes = 8000 });
        await EventuallyAsync(() => BytesOnDisk < 8000 + 4096);
        Assert.InRange(BytesOnDisk, 8000, 8000 + 4096);
        Assert.Equal(20 - Partition.Start, ReadAll().Count);
        Store.Configure(Store.Find(TopicName)!, Options.Defaults with { RetentionBytes = 0 });
        await EventuallyAsync(() => SegmentFiles.Length == 1);
    }

    [Fact]
    public async Task A_topic_may_have_smaller_segments_than_the_broker_not_larger_ones()
    {
        Store.Configure(Store.Find(TopicName)!, Options.Defaults with { SegmentBytes = 2000 });
        for (var i = 0; i < 4; i++)
            await AppendAsync(new string('x', 1500));
        Assert.Equal(4, SegmentFiles.Length);
        Store.Configure(Store.Find(TopicName)!, Options.Defaults with { SegmentBytes = int.MaxValue });
        Options = Options with { SegmentBytes = 2000 };
        await ReopenAsync();
        for (var i = 0; i < 4; i++)
            await AppendAsync(new string('x', 1500));
        Assert.Equal(8, SegmentFiles.Length);
    }

    [Fact]
    public async Task A_group_coordinator_that_fails_stops_neither_appends_nor_retention()
    {
        Store.ConsumedBelow = (_, _) => throw new InvalidOperationException("A mistake.");
        await EventuallyAsync(() => Lines.At(Microsoft.Extensions.Logging.LogLevel.Error).Count > 0);
        await AppendAsync("a");
        Store.ConsumedBelow = (_, _) => 1;
        await EventuallyAsync(() => BytesOnDisk == 0);
    }

    [Fact]
    public async Task A_slice_that_was_found_can_be_read_though_its_segment_is_freed()
    {
        await AppendAsync("read me");
        var slice = Partition.Find(0, 1000, atLeastOne: true);
        Partition.DeleteRecords(-1);
        Assert.Equal(0, BytesOnDisk);

        Assert.Equal(["0=read me"], TestBatch.Decode(Bytes(slice)));
        slice.Dispose();
        Refused(KafkaError.OffsetOutOfRange, () => Partition.Find(0, 1000, atLeastOne: true));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries("/proc/self/fd"), link => new FileInfo(link).LinkTarget is { } target
            && target.StartsWith(Options.Directory, StringComparison.Ordinal) && target.Contains("(deleted)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reading_goes_on_while_segments_are_freed()
    {
        Options = Options with { SegmentBytes = 4096 };
        await ReopenAsync();
        var consumed = 0L;
        Store.ConsumedBelow = (_, _) => Volatile.Read(ref consumed);
        var partition = Partition;
        var reading = Task.Run(() =>
        {
            for (var offset = 0L; offset < 800;)
            {
                using var slice = partition.Find(offset, 700, atLeastOne: true);
                if (slice.Length > 0)
                    Assert.StartsWith($"{offset}=", TestBatch.Decode(Bytes(slice))[0], StringComparison.Ordinal);
                else
                    Thread.Sleep(1);
                offset = slice.NextOffset;
                Volatile.Write(ref consumed, offset);
                Store.ConsumedAdvanced(TopicName, 0);
            }
        });
        for (var i = 0; i < 800; i++)
            await AppendAsync($"{i}: {new string('x', i % 300)}");
        await reading.WaitAsync(TestTimeout);
    }

    [Fact]
    public async Task A_deleted_topic_ends_reads_and_appends_and_leaves_nothing()
    {
        await AppendAsync("a");
        var topic = Store.Find(TopicName)!;
        var partition = Partition;
        var woken = new TaskCompletionSource();
        partition.Appended += () => woken.TrySetResult();
        using var slice = partition.Find(0, 1000, atLeastOne: true);
        Store.Delete(topic);

        await woken.Task.WaitAsync(TestTimeout);
        Assert.Equal(["0=a"], TestBatch.Decode(Bytes(slice)));
        Refused(KafkaError.UnknownTopicOrPartition, () => partition.Find(0, 1000, atLeastOne: true));
        Refused(KafkaError.UnknownTopicOrPartition, () => partition.OffsetForTime(0));
        Refused(KafkaError.UnknownTopicOrPartition, () => partition.DeleteRecords(-1));
        Refused(KafkaError.UnknownTopicOrPartition, () => Store.Delete(topic));
        Refused(KafkaError.UnknownTopicOrPartition, () => Store.AddPartitions(topic, 3));
        await RefusedAsync(KafkaError.UnknownTopicOrPartition, () => partition.AppendAsync(TestBatch.Of("b"), CancellationToken.None));
        Assert.Null(Store.Find(TopicName));
        Assert.Null(Store.Find(topic.Id));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Options.Directory, "staging")));

        var again = Store.Create(TopicName, 1, Options.Defaults);
        Assert.NotEqual(topic.Id, again.Id);
        Assert.Equal(0, await AppendAsync("of the new topic"));
        await ReopenAsync();
        Assert.Equal(["0=of the new topic"], ReadAll());
    }

    [Fact]
    public async Task Appends_and_reads_under_way_while_a_topic_is_deleted_end_with_that_error()
    {
        for (var round = 0; round < 10; round++)
        {
            var topic = Store.Create("brief", 4, Options.Defaults);
            var busy = topic.Partitions.SelectMany(partition => new[]
            {
                Task.Run(async () =>
                {
                    while (true)
                        await partition.AppendAsync(TestBatch.Of("x"), CancellationToken.None);
                }),
                Task.Run(() =>
                {
                    while (true)
                        partition.Find(partition.Start, 1 << 20, atLeastOne: true).Dispose();
                }),
            }).ToArray();
            await EventuallyAsync(() => topic.Partitions.All(partition => partition.End > 0));
            Store.Delete(topic);
            foreach (var task in busy)
                await RefusedAsync(KafkaError.UnknownTopicOrPartition, () => task.WaitAsync(TestTimeout));
        }
        await AppendAsync("others go on");
    }

    [Fact]
    public async Task A_crash_at_any_moment_of_making_or_deleting_a_topic_leaves_all_of_it_or_nothing()
    {
        await CloseAsync();
        var (made, gone) = (0, 0);
        for (var at = 1; ; at++)
        {
            Disk = new FaultyDisk();
            await OpenAsync();
            if (Store.Find("t") is { } old)
                Store.Delete(old);
            Disk.DiesAt = Disk.Calls + at;
            var survived = false;
            try
            {
                var topic = Store.Create("t", 2, Options.Defaults);
                Store.AddPartitions(topic, 3);
                Store.Delete(topic);
                survived = true;
            }
            catch (FaultyDisk.DeadException)
            {
            }
            Disk.DiesAt = int.MaxValue;
            await ReopenAsync();
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Options.Directory, "staging")));
            Assert.Empty(Lines.At(Microsoft.Extensions.Logging.LogLevel.Error));
            if (Store.Find("t") is { } left)
            {
                Assert.InRange(left.Partitions.Count, 2, 3);
                foreach (var partition in left.Partitions)
                    await partition.AppendAsync(TestBatch.Of("works"), CancellationToken.None).WaitAsync(TestTimeout);
                made++;
            }
            else
            {
                gone++;
            }
            if (survived)
                break;
            await CloseAsync();
        }
        Assert.True(made > 2 && gone > 2);
    }
}
