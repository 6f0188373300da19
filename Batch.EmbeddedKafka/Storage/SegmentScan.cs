using System.Buffers;
using Batch.EmbeddedKafka.Batches;
using Batch.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Reads all bytes of batches: to check a checksum, and to find the next batch behind damage.</summary>
internal static class SegmentScan
{
    const int Chunk = 64 << 10;

    /// <summary>Whether a batch of this size at this place has the checksum that its header says.</summary>
    public static bool ChecksumHolds(Segment segment, SafeFileHandle file, long position, long size)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            uint crc = 0, said = 0;
            for (var done = 0L; done < size;)
            {
                var bytes = buffer.AsSpan(0, (int)Math.Min(Chunk, size - done));
                segment.ReadFully(file, position + done, bytes);
                if (done == 0)
                    said = new RecordBatch(bytes).Crc;
                crc = Crc32C.Of(done == 0 ? bytes[RecordBatch.ChecksumFrom..] : bytes, crc);
                done += bytes.Length;
            }
            return crc == said;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// The first whole batch at or after <paramref name="from"/> whose checksum holds and whose offset is in [least, below): where
    /// reading goes on after damage. The bounds keep bytes of a value that happen to look like a batch from passing for one.
    /// </summary>
    /// <returns>Its position and offset; null where there is none.</returns>
    public static (long Position, long Offset)? Find(Segment segment, SafeFileHandle file, long from, long limit, long least, long below)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (limit - from >= RecordBatch.HeaderBytes)
            {
                var bytes = buffer.AsSpan(0, (int)Math.Min(Chunk, limit - from));
                segment.ReadFully(file, from, bytes);
                var candidates = bytes.Length - RecordBatch.HeaderBytes + 1;
                for (var at = 0; at < candidates; at++)
                {
                    var mark = bytes[(at + RecordBatch.MagicAt)..(candidates + RecordBatch.MagicAt)].IndexOf((byte)2);
                    if (mark < 0)
                        break;
                    at += mark;
                    var batch = new RecordBatch(bytes[at..]);
                    if (batch.IsPlausible && batch.BaseOffset >= least && batch.BaseOffset < below && batch.Size <= limit - from - at
                        && ChecksumHolds(segment, file, from + at, batch.Size))
                        return (from + at, batch.BaseOffset);
                }
                from += candidates;
            }
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
