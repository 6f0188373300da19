using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Storage;

namespace Batch.Tests.EmbeddedKafka.Storage;

[Trait("Tier", "unit")]
public sealed class ProducerTests : StorageFixture
{
    static byte[] Of(int sequence, int records = 1, short epoch = 0, long producer = 4001) =>
        new TestBatch([.. Enumerable.Range(sequence, records).Select(i => $"{producer}/{epoch}/{i}")])
        {
            ProducerId = producer, Epoch = epoch, Sequence = sequence,
        }.Encode();

    [Fact]
    public async Task A_batch_that_is_sent_again_gets_the_offset_it_has_and_is_stored_once()
    {
        for (var i = 0; i < 7; i++)
            Assert.Equal(2 * i, await AppendAsync(Of(2 * i, 2)));
        for (var round = 0; round < 2; round++)
        {
            for (var i = 2; i < 7; i++)
                Assert.Equal(2 * i, await AppendAsync(Of(2 * i, 2)));
            Assert.Equal(14, Partition.End);
            // Of older ones nothing is known any more.
            await RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(2, 2)));
            await ReopenAsync();
        }
    }

    [Fact]
    public async Task A_sequence_that_does_not_follow_is_refused_and_changes_nothing()
    {
        await AppendAsync(Of(0));
        await AppendAsync(Of(1, 3));
        foreach (var sequence in new[] { 0, 2, 3, 5, 100 })
        {
            if (sequence == 0)
                Assert.Equal(0, await AppendAsync(Of(0)));
            else
                await RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(sequence)));
        }
        // As long as the original or not the original.
        await RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(1, 2)));
        Assert.Equal(4, await AppendAsync(Of(4)));
    }

    [Fact]
    public async Task A_newer_epoch_begins_at_0_and_shuts_out_the_older()
    {
        await AppendAsync(Of(0, epoch: 3));
        await RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(1, epoch: 4)));
        await AppendAsync(Of(0, epoch: 4));
        for (var round = 0; round < 2; round++)
        {
            var e = await RefusedAsync(KafkaError.InvalidProducerEpoch, () => AppendAsync(Of(1, epoch: 3)));
            Assert.Contains("epoch 4", e.Message, StringComparison.Ordinal);
            await ReopenAsync();
        }
        Assert.Equal(2, await AppendAsync(Of(1, epoch: 4)));
    }

    [Fact]
    public async Task A_producer_that_is_not_known_may_begin_anywhere()
    {
        await AppendAsync(Of(500));
        await RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(502)));
        await AppendAsync(Of(501));
    }

    [Fact]
    public async Task Sequences_go_on_at_0_after_the_largest_int()
    {
        await AppendAsync(Of(int.MaxValue - 1, 1));
        var wrapping = new TestBatch("a", "b", "c") { ProducerId = 4001, Epoch = 0, Sequence = int.MaxValue }.Encode();
        await AppendAsync(wrapping.ToArray());
        await ReopenAsync();
        Assert.Equal(1, await AppendAsync(wrapping.ToArray()));
        await RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(1)));
        Assert.Equal(4, await AppendAsync(Of(2)));
    }

    [Fact]
    public async Task Batches_in_flight_at_the_same_time_are_checked_against_each_other()
    {
        Disk.HoldFlushes();
        var occupied = AppendAsync("the writer is busy");
        await EventuallyAsync(() => BytesOnDisk > 0);
        var five = Enumerable.Range(0, 5).Select(i => AppendAsync(Of(i))).ToArray();
        var again = AppendAsync(Of(3));
        var hole = RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(7)));
        var next = AppendAsync(Of(5));

        Disk.ReleaseFlushes();
        await occupied;
        Assert.Equal(new long[] { 1, 2, 3, 4, 5 }, await Task.WhenAll(five));
        Assert.Equal(4, await again);
        await hole;
        Assert.Equal(6, await next);
        Assert.Equal(7, Partition.End);
    }

    [Fact]
    public async Task A_round_that_fails_leaves_sequences_as_they_were()
    {
        await AppendAsync(Of(0));
        Disk.FlushError = FaultyDisk.IoError;
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync(Of(1)));
        await RefusedAsync(KafkaError.KafkaStorageError, () => AppendAsync(Of(0, producer: 4002)));
        // What is on disk already needs no disk.
        Assert.Equal(0, await AppendAsync(Of(0)));
        Disk.FlushError = null;
        Assert.Equal(1, await AppendAsync(Of(1)));
        Assert.Equal(2, await AppendAsync(Of(9, producer: 4002)));
    }

    [Fact]
    public async Task Sequences_outlive_the_segments_that_held_them()
    {
        await AppendAsync(Of(0));
        await AppendAsync(Of(1, 2));
        Store.ConsumedBelow = (_, _) => Partition.End;
        await EventuallyAsync(() => BytesOnDisk == 0);
        await AppendAsync(Of(3));
        await ReopenAsync();

        Assert.Equal(1, await AppendAsync(Of(1, 2)));
        Assert.Equal(3, await AppendAsync(Of(3)));
        await RefusedAsync(KafkaError.OutOfOrderSequenceNumber, () => AppendAsync(Of(5)));
        Assert.Equal(4, await AppendAsync(Of(4)));
    }

    [Fact]
    public async Task A_batch_that_is_damaged_does_not_count_as_sent()
    {
        await AppendAsync(Of(0));
        await AppendAsync(Of(1));
        var file = Assert.Single(SegmentFiles);
        await CloseAsync();
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await OpenAsync();

        // A crash of the machine leaves such a batch unacknowledged; its producer sends it again, and must not be told that it is stored.
        Assert.Equal(1, await AppendAsync(Of(1)));
        Assert.Equal(["0=4001/0/0", "1=4001/0/1"], ReadAll());
    }

    [Fact]
    public void Producers_are_forgotten_after_a_day_and_the_longest_idle_above_ten_thousand()
    {
        var states = new ProducerStates();
        for (var i = 0; i < ProducerStates.Limit + 1; i++)
        {
            Assert.Null(states.Admit(new(Of(0, producer: i)), i, now: i, "p"));
            states.Commit();
            Assert.InRange(states.Count, 1, ProducerStates.Limit);
        }
        Assert.Equal(ProducerStates.Limit, states.Admit(new(Of(0, producer: ProducerStates.Limit)), 1_000_000, 0, "p"));
        Assert.Null(states.Admit(new(Of(0, producer: 0)), 1_000_000, 0, "p"));
        states.Commit();

        states.ForgetIdle((long)ProducerStates.MaxIdle.TotalMilliseconds + 5_000);
        Assert.InRange(states.Count, 4_500, 5_500);
        states.ForgetIdle((long)ProducerStates.MaxIdle.TotalMilliseconds * 2);
        Assert.Equal(0, states.Count);
    }
}
