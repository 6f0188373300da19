using System.Buffers.Binary;
using Batch.Primitives;

namespace Batch.EmbeddedKafka.Batches;

/// <summary>The header of a record batch of version 2 (KIP-98), read where it stands.</summary>
/// <remarks>
/// <code>
///  0  i64  base offset           filled in by the broker; not covered by the checksum
///  8  i32  bytes that follow
/// 12  i32  leader epoch          filled in by the broker; not covered by the checksum
/// 16  i8   magic, 2
/// 17  u32  CRC-32C of byte 21 to the end
/// 21  i16  attributes            bits 0-2 compression, 3 log append time, 4 transactional, 5 control
/// 23  i32  last offset delta     records - 1
/// 27  i64  base timestamp, Unix milliseconds
/// 35  i64  largest timestamp
/// 43  i64  producer id, -1 without
/// 51  i16  producer epoch
/// 53  i32  base sequence
/// 57  i32  records
/// 61  the records, compressed together or not at all
/// </code>
/// All numbers big endian. The source is Kafka's documentation of the message format.
/// </remarks>
/// <param name="bytes">At least <see cref="HeaderBytes"/>.</param>
public readonly ref struct RecordBatch(ReadOnlySpan<byte> bytes)
{
    public const int HeaderBytes = 61;
    /// <summary>Bytes before those that the length counts: base offset and the length itself.</summary>
    public const int LengthEnd = 12;
    internal const int MagicAt = 16;
    internal const int ChecksumFrom = 21;
    const int CompressionMask = 7, LogAppendTimeFlag = 8, TransactionalFlag = 16, ControlFlag = 32;
    const int LastCompression = 4;

    readonly ReadOnlySpan<byte> _bytes = bytes;

    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);
    public int BatchLength => BinaryPrimitives.ReadInt32BigEndian(_bytes[8..]);
    public int LeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(_bytes[12..]);
    public byte Magic => _bytes[MagicAt];
    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[17..]);
    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(_bytes[ChecksumFrom..]);
    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(_bytes[23..]);
    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[27..]);
    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[35..]);
    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[43..]);
    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[51..]);
    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(_bytes[53..]);
    public int Count => BinaryPrimitives.ReadInt32BigEndian(_bytes[57..]);

    /// <summary>Bytes of the whole batch.</summary>
    public long Size => LengthEnd + (long)BatchLength;
    public long LastOffset => BaseOffset + LastOffsetDelta;
    public bool IsCompressed => (Attributes & CompressionMask) != 0;

    /// <summary>Whether the header can be one: a batch of version 2 whose lengths and counts agree. The checksum is not looked at.</summary>
    internal bool IsPlausible => Magic == 2 && BatchLength >= HeaderBytes - LengthEnd && Count >= 1 && LastOffsetDelta == Count - 1;

    /// <summary>Writes the two fields that are the broker's. The leader epoch is always 0: there is one node.</summary>
    public static void Place(Span<byte> batch, long baseOffset)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[12..], 0);
    }

    /// <summary>Checks what a producer sent before any of it is stored.</summary>
    /// <param name="batches">Whole batches behind each other; more than one only without a producer id.</param>
    /// <param name="maxMessageBytes">Largest size of one batch, header included.</param>
    /// <param name="reason">What is wrong, in a sentence; null where nothing is.</param>
    public static KafkaError Validate(ReadOnlySpan<byte> batches, int maxMessageBytes, out string? reason)
    {
        reason = null;
        if (batches.IsEmpty)
            return Refuse(KafkaError.InvalidRecord, "The request has no record batch for the partition.", out reason);
        var total = batches.Length;
        while (!batches.IsEmpty)
        {
            if (batches.Length > MagicAt && batches[MagicAt] is var magic && magic != 2)
                return Refuse(
                    magic < 2 ? KafkaError.UnsupportedForMessageFormat : KafkaError.InvalidRecord,
                    $"The message format is version {magic}; this broker accepts version 2 (clients since Kafka 0.11).", out reason);
            if (batches.Length < HeaderBytes)
                return Refuse(KafkaError.CorruptMessage, $"A record batch ends after {batches.Length} bytes; its header alone has {HeaderBytes}.", out reason);
            var batch = new RecordBatch(batches);
            if (batch.BatchLength < HeaderBytes - LengthEnd || batch.Size > batches.Length)
                return Refuse(KafkaError.CorruptMessage, $"A record batch claims {batch.Size} bytes; there are {batches.Length}.", out reason);
            if (batch.Size > maxMessageBytes)
                return Refuse(
                    KafkaError.MessageTooLarge,
                    $"A record batch has {batch.Size} bytes; the topic accepts {maxMessageBytes} (max.message.bytes).", out reason);
            var size = (int)batch.Size;
            if (Crc32C.Of(batches[ChecksumFrom..size]) != batch.Crc)
                return Refuse(KafkaError.CorruptMessage, "The checksum of a record batch does not match its bytes.", out reason);
            var error = batch.ValidateFields(alone: size == total, out reason);
            if (error != KafkaError.None)
                return error;
            batches = batches[size..];
        }
        return KafkaError.None;
    }

    KafkaError ValidateFields(bool alone, out string? reason)
    {
        reason = null;
        if (Count < 1 || LastOffsetDelta != Count - 1)
            return Refuse(KafkaError.InvalidRecord, $"A record batch counts {Count} records and ends at offset delta {LastOffsetDelta}.", out reason);
        if ((Attributes & ControlFlag) != 0)
            return Refuse(KafkaError.InvalidRecord, "Control batches belong to the broker; a producer must not send them.", out reason);
        if ((Attributes & TransactionalFlag) != 0)
            return Refuse(KafkaError.InvalidTxnState, "The batch belongs to a transaction; this broker has none.", out reason);
        if ((Attributes & LogAppendTimeFlag) != 0)
            return Refuse(KafkaError.InvalidTimestamp, "Only the broker may set the timestamp type LogAppendTime.", out reason);
        if ((Attributes & CompressionMask) > LastCompression)
            return Refuse(KafkaError.UnsupportedCompressionType, $"Compression {Attributes & CompressionMask} is unknown.", out reason);
        if (ProducerId < 0)
            return KafkaError.None;
        if (ProducerEpoch < 0 || BaseSequence < 0)
            return Refuse(
                KafkaError.InvalidRecord, $"Producer {ProducerId} sends epoch {ProducerEpoch} and sequence {BaseSequence}; neither may be negative.",
                out reason);
        if (!alone)
            return Refuse(KafkaError.InvalidRecord, "An idempotent producer sends one record batch for a partition in a request.", out reason);
        return KafkaError.None;
    }

    static KafkaError Refuse(KafkaError error, string why, out string? reason)
    {
        reason = why;
        return error;
    }
}
