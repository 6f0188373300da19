using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Batches;
using Batch.EmbeddedKafka.Storage;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "unit")]
public sealed class RoundTripTests : StorageFixture
{
    [Fact]
    public async Task Batches_come_back_as_they_were_sent_but_for_offset_and_leader_epoch()
    {
        var sent = new TestBatch("a", "b") { ProducerId = 7, Epoch = 0, Sequence = 0, Timestamp = 5 }.Encode();
        await AppendAsync("first");
        Assert.Equal(1, await AppendAsync(sent.ToArray()));
        Assert.Equal(3, Partition.End);

        using var slice = Partition.Find(1, 1 << 20, atLeastOne: false);
        var read = Bytes(slice);

        Assert.Equal(sent[8..12], read[8..12]);
        Assert.Equal(sent[16..], read[16..]);
        Assert.Equal(0, new RecordBatch(read).LeaderEpoch);
        Assert.Equal(["1=a", "2=b"], TestBatch.Decode(read));
        Assert.Equal((3, 3), (slice.NextOffset, slice.End));
    }

    [Fact]
    public async Task Several_batches_in_one_append_get_offsets_behind_each_other()
    {
        await AppendAsync([.. TestBatch.Of("a", "b"), .. TestBatch.Of("c"), .. TestBatch.Of("d", "e")]);

        Assert.Equal(5, Partition.End);
        await ReopenAsync();
        Assert.Equal(["0=a", "1=b", "2=c", "3=d", "4=e"], ReadAll());
    }

    [Fact]
    public async Task A_reader_passes_from_segment_to_segment_whatever_its_limit()
    {
        Options = Options with { SegmentBytes = 4096 };
        await ReopenAsync();
        var expected = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            var value = new string((char)('a' + i % 26), i * 7);
            expected.Add($"{i}={value}");
            await AppendAsync(value);
        }
        Assert.True(SegmentFiles.Length > 5);
        foreach (var maxBytes in new[] { 1, 100, 1000, 5000, 1 << 20 })
            Assert.Equal(expected, ReadAll(Partition, maxBytes));
        await ReopenAsync();
        Assert.Equal(expected, ReadAll(Partition, 1000));
    }

    [Fact]
    public async Task Any_offset_of_a_long_segment_is_found_in_a_slice_within_its_limit()
    {
        const int count = 20_000;
        var sizes = new List<int>();
        for (var i = 0; i < count; i += 500)
        {
            var batches = Enumerable.Range(i, 500).Select(j => TestBatch.Of(new string('x', j % 90))).ToList();
            sizes.AddRange(batches.Select(batch => batch.Length));
            await AppendAsync([.. batches.SelectMany(batch => batch)]);
        }
        for (var round = 0; round < 2; round++)
        {
            foreach (var offset in Enumerable.Range(0, count).Where(i => i % 377 == 0 || i > count - 3))
                foreach (var maxBytes in new[] { 50, 10_000, 300_000 })
                {
                    using var slice = Partition.Find(offset, maxBytes, atLeastOne: true);
                    // Exactly the batches that fit: one more would not.
                    var (fits, bytes) = (0, 0);
                    while (offset + fits < count && (fits == 0 || bytes + sizes[offset + fits] <= maxBytes))
                        bytes += sizes[offset + fits++];
                    Assert.Equal((bytes, (long)offset + fits), (slice.Length, slice.NextOffset));
                    Assert.Equal(offset, new RecordBatch(Bytes(slice)).BaseOffset);
                }
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Find_answers_at_the_edges_as_Kafka_does()
    {
        await AppendAsync("a", "b", "c");
        using (var middle = Partition.Find(1, 1 << 20, atLeastOne: true))
            Assert.Equal(["0=a", "1=b", "2=c"], TestBatch.Decode(Bytes(middle)));
        using (var small = Partition.Find(0, 10, atLeastOne: false))
            Assert.Equal((0, 0), (small.Length, small.NextOffset));
        using (var end = Partition.Find(3, 1 << 20, atLeastOne: true))
            Assert.Equal(0, end.Length);
        Refused(KafkaError.OffsetOutOfRange, () => Partition.Find(4, 1 << 20, atLeastOne: true));
        Refused(KafkaError.OffsetOutOfRange, () => Partition.Find(-1, 1 << 20, atLeastOne: true));
    }

    [Fact]
    public async Task A_slice_may_be_read_in_parts()
    {
        await AppendAsync(new string('x', 10_000));
        using var slice = Partition.Find(0, 1 << 20, atLeastOne: true);
        var parts = new byte[slice.Length];
        for (var from = 0; from < parts.Length; from += 777)
            slice.CopyTo(from, parts.AsSpan(from, Math.Min(777, parts.Length - from)));
        Assert.Equal(Bytes(slice), parts);
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.CopyTo(1, new byte[slice.Length]));
    }

    [Fact]
    public async Task A_record_is_found_by_its_time()
    {
        Assert.Equal((-1, -1), Partition.MaxTimestamp);
        Assert.Null(Partition.OffsetForTime(0));
        await AppendAsync(new TestBatch("a", "b", "c") { Timestamp = 100, Step = 10 });
        await AppendAsync(new TestBatch("late") { Timestamp = 50 });
        await AppendAsync(new TestBatch("d", "e") { Timestamp = 200, Step = 5, Attributes = 1 });
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal((0, 100), Partition.OffsetForTime(0));
            Assert.Equal((1, 110), Partition.OffsetForTime(101));
            Assert.Equal((2, 120), Partition.OffsetForTime(120));
            // Of what is compressed, the batch is all that can be told.
            Assert.Equal((4, 205), Partition.OffsetForTime(121));
            Assert.Null(Partition.OffsetForTime(206));
            Assert.Equal((4, 205), Partition.MaxTimestamp);
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task A_time_is_found_in_every_segment_of_a_long_log()
    {
        Options = Options with { SegmentBytes = 100_000 };
        await ReopenAsync();
        for (var i = 0; i < 5000; i += 100)
            await AppendAsync([.. Enumerable.Range(i, 100).SelectMany(j => new TestBatch(new string('x', 50)) { Timestamp = 10 * j }.Encode())]);
        Assert.True(SegmentFiles.Length > 4);
        foreach (var i in Enumerable.Range(0, 5000).Where(i => i % 97 == 0))
            Assert.Equal((i, 10 * i), Partition.OffsetForTime(10 * i - 9));
    }

    [Fact]
    public async Task Those_who_wait_are_told_once_more_can_be_read()
    {
        var seen = new TaskCompletionSource<long>();
        var partition = Partition;
        partition.Appended += () => seen.TrySetResult(partition.End);
        partition.Appended += () => throw new InvalidOperationException("A reader's mistake.");
        await AppendAsync("a");
        Assert.Equal(1, await seen.Task.WaitAsync(TestTimeout));
        await AppendAsync("the writer goes on");
    }

    [Fact]
    public async Task An_append_that_is_cancelled_before_it_is_written_stores_nothing()
    {
        Disk.HoldFlushes();
        var first = AppendAsync("first");
        await EventuallyAsync(() => BytesOnDisk > 0);
        using var cancellation = new CancellationTokenSource();
        var second = Partition.AppendAsync(TestBatch.Of("second"), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Disk.ReleaseFlushes();
        await first;
        Assert.Equal(1, await AppendAsync("third"));
        Assert.Equal(["0=first", "1=third"], ReadAll());
    }

    [Fact]
    public async Task Topics_settings_and_ids_outlive_a_restart()
    {
        var settings = new TopicSettings(1000, 2000, 3000, 4096);
        var topic = Store.Create("other.topic_1-x", 3, settings);
        var first = Store.Find(TopicName)!.Id;
        await topic.Partitions[2].AppendAsync(TestBatch.Of("in partition 2"), CancellationToken.None);
        Store.AddPartitions(topic, 5);
        Store.Configure(topic, settings with { RetentionMs = -1, RetentionBytes = -1 });
        await ReopenAsync();

        var again = Store.Find(topic.Name)!;
        Assert.Same(again, Store.Find(topic.Id));
        Assert.Equal(settings with { RetentionMs = -1, RetentionBytes = -1 }, again.Settings);
        Assert.Equal(5, again.Partitions.Count);
        Assert.Equal(["0=in partition 2"], ReadAll(again.Partitions[2]));
        Assert.Equal(first, Store.Find(TopicName)!.Id);
        Assert.Equal(2, Store.Topics.Count);
        Refused(KafkaError.InvalidPartitions, () => Store.AddPartitions(again, 5));
    }

    [Theory]
    [InlineData("", KafkaError.InvalidTopic)]
    [InlineData("..", KafkaError.InvalidTopic)]
    [InlineData("a/b", KafkaError.InvalidTopic)]
    [InlineData("a\n", KafkaError.InvalidTopic)]
    [InlineData(TopicName, KafkaError.TopicAlreadyExists)]
    public void A_topic_with_such_a_name_is_not_made(string name, KafkaError error)
    {
        Refused(error, () => Store.Create(name, 1, Options.Defaults));
        Refused(KafkaError.InvalidPartitions, () => Store.Create("good", 0, Options.Defaults));
        Assert.Single(Store.Topics);
    }

    [Fact]
    public async Task A_topic_whose_file_is_damaged_keeps_its_records()
    {
        await AppendAsync("kept");
        await CloseAsync();
        var file = Path.Combine(Options.Directory, "log", TopicName, "topic");
        await File.WriteAllTextAsync(file, "nonsense");
        await OpenAsync();

        Assert.Equal(["0=kept"], ReadAll());
        Assert.Contains(Lines.At(Microsoft.Extensions.Logging.LogLevel.Error), line => line.Contains(file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_producer_id_is_given_twice()
    {
        var given = new HashSet<long>();
        for (var round = 0; round < 3; round++)
        {
            Parallel.For(0, 1500, _ =>
            {
                var id = Store.NextProducerId();
                lock (given)
                    Assert.True(given.Add(id));
            });
            await ReopenAsync();
        }
        await CloseAsync();
        await File.WriteAllTextAsync(Path.Combine(Options.Directory, "producer-ids"), "");
        await OpenAsync();
        Assert.True(given.Add(Store.NextProducerId()));
    }
}
