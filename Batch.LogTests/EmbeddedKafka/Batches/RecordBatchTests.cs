using System.Buffers.Binary;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Batches;
using Batch.Tests.EmbeddedKafka.Storage;

namespace Batch.Tests.EmbeddedKafka.Batches;

[Trait("Tier", "unit")]
public sealed class RecordBatchTests
{
    static readonly TestBatch Sample = new("a", "b", "c") { ProducerId = 12, Epoch = 3, Sequence = 45, Timestamp = 1000, Step = 7, Attributes = 4 };

    static KafkaError Validate(ReadOnlySpan<byte> batches, int maxMessageBytes = 1000)
    {
        var error = RecordBatch.Validate(batches, maxMessageBytes, out var reason);
        Assert.Equal(error == KafkaError.None, reason is null);
        return error;
    }

    static byte[] Changed(Action<byte[]> change, TestBatch? batch = null)
    {
        var bytes = (batch ?? Sample).Encode();
        change(bytes);
        TestBatch.Seal(bytes);
        return bytes;
    }

    [Fact]
    public void A_header_is_read_field_by_field()
    {
        var bytes = Sample.Encode();
        var batch = new RecordBatch(bytes);
        Assert.Equal<(long, int, int, int)>((0, bytes.Length - 12, -1, 2), (batch.BaseOffset, batch.BatchLength, batch.LeaderEpoch, batch.Magic));
        Assert.Equal<(int, int, long, long)>((4, 2, 1000, 1014), (batch.Attributes, batch.LastOffsetDelta, batch.BaseTimestamp, batch.MaxTimestamp));
        Assert.Equal<(long, int, int, int)>((12, 3, 45, 3), (batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence, batch.Count));
        Assert.Equal((bytes.Length, true), (batch.Size, batch.IsCompressed));
        RecordBatch.Place(bytes, 99);
        Assert.Equal((99, 0, 101), (new RecordBatch(bytes).BaseOffset, new RecordBatch(bytes).LeaderEpoch, new RecordBatch(bytes).LastOffset));
        Assert.Equal(KafkaError.None, Validate(bytes));
    }

    [Fact]
    public void Sound_batches_pass_several_only_without_a_producer_id()
    {
        var plain = TestBatch.Of("a");
        Assert.Equal(KafkaError.None, Validate(plain));
        Assert.Equal(KafkaError.None, Validate([.. plain, .. plain, .. plain]));
        Assert.Equal(KafkaError.InvalidRecord, Validate([.. Sample.Encode(), .. plain]));
        Assert.Equal(KafkaError.InvalidRecord, Validate([.. plain, .. Sample.Encode()]));
        Assert.Equal(KafkaError.InvalidRecord, Validate([]));
    }

    [Fact]
    public void Every_flipped_bit_that_the_checksum_covers_is_found()
    {
        var bytes = Sample.Encode();
        for (var at = 8; at < bytes.Length; at++)
        {
            if (at is >= 12 and < 16)
                continue;
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[at] ^= (byte)(1 << bit);
                Assert.NotEqual(KafkaError.None, Validate(bytes));
                bytes[at] ^= (byte)(1 << bit);
            }
        }
    }

    [Fact]
    public void A_batch_that_is_cut_short_is_corrupt_at_any_length()
    {
        var bytes = Sample.Encode();
        for (var length = 1; length < bytes.Length; length++)
            Assert.Equal(KafkaError.CorruptMessage, Validate(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void What_is_refused_has_the_code_that_Kafka_gives()
    {
        Assert.Equal(KafkaError.MessageTooLarge, Validate(Sample.Encode(), Sample.Encode().Length - 1));
        Assert.Equal(KafkaError.UnsupportedForMessageFormat, Validate(Changed(bytes => bytes[16] = 0)));
        Assert.Equal(KafkaError.UnsupportedForMessageFormat, Validate(Changed(bytes => bytes[16] = 1)));
        Assert.Equal(KafkaError.InvalidRecord, Validate(Changed(bytes => bytes[16] = 3)));
        Assert.Equal(KafkaError.InvalidRecord, Validate(Changed(bytes => BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(57), 4))));
        Assert.Equal(KafkaError.InvalidRecord, Validate(Changed(bytes => BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(57), 0))));
        Assert.Equal(KafkaError.CorruptMessage, Validate(Changed(bytes => BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), -5))));
        Assert.Equal(KafkaError.InvalidRecord, Validate((Sample with { Sequence = -1 }).Encode()));
        Assert.Equal(KafkaError.InvalidRecord, Validate((Sample with { Epoch = -1 }).Encode()));
        Assert.Equal(KafkaError.UnsupportedCompressionType, Validate((Sample with { Attributes = 5 }).Encode()));
        Assert.Equal(KafkaError.InvalidTimestamp, Validate((Sample with { Attributes = 8 }).Encode()));
        Assert.Equal(KafkaError.InvalidTxnState, Validate((Sample with { Attributes = 16 }).Encode()));
        Assert.Equal(KafkaError.InvalidRecord, Validate((Sample with { Attributes = 32 | 16 }).Encode()));
    }
}
