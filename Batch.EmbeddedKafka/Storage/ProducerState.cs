using System.Runtime.CompilerServices;
using Batch.EmbeddedKafka.Batches;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>What is known of one idempotent producer in one partition (KIP-98): its epoch and its last five batches.</summary>
/// <remarks>Sequences count up to the largest int and go on at 0.</remarks>
internal struct ProducerState
{
    /// <summary>As many as a producer may have in flight.</summary>
    public const int Remembered = 5;

    internal readonly record struct Sent(int FirstSequence, int LastSequence, long BaseOffset);

    [InlineArray(Remembered)]
    struct Batches
    {
        Sent _first;
    }

    Batches _batches;

    public short Epoch { get; private set; }
    public int Count { get; private set; }

    /// <summary>Time of the last append, Unix milliseconds.</summary>
    public long LastSeen { get; set; }

    /// <summary>The remembered batches, oldest first.</summary>
    public readonly Sent this[int index] => _batches[index];

    public static int LastSequence(int first, int lastOffsetDelta) => (int)(((long)first + lastOffsetDelta) & int.MaxValue);

    /// <summary>Offset of the very batch that has been appended before; null where it is new.</summary>
    public readonly long? Duplicate(in RecordBatch batch)
    {
        if (batch.ProducerEpoch != Epoch)
            return null;
        var last = LastSequence(batch.BaseSequence, batch.LastOffsetDelta);
        for (var i = 0; i < Count; i++)
            if (_batches[i].FirstSequence == batch.BaseSequence && _batches[i].LastSequence == last)
                return _batches[i].BaseOffset;
        return null;
    }

    /// <summary>Whether a batch that is no duplicate may follow.</summary>
    public readonly KafkaError Check(in RecordBatch batch)
    {
        if (batch.ProducerEpoch < Epoch)
            return KafkaError.InvalidProducerEpoch;
        var next = batch.ProducerEpoch > Epoch ? 0 : LastSequence(_batches[Count - 1].LastSequence, 1);
        return batch.BaseSequence == next ? KafkaError.None : KafkaError.OutOfOrderSequenceNumber;
    }

    public void Add(short epoch, Sent batch)
    {
        if (epoch != Epoch)
            (Epoch, Count) = (epoch, 0);
        if (Count == Remembered)
        {
            for (var i = 1; i < Remembered; i++)
                _batches[i - 1] = _batches[i];
            Count--;
        }
        _batches[Count++] = batch;
    }
}
