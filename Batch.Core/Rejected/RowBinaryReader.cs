using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Batch.Core.Rejected;

/// <summary>Reads raw, row and line out of ClickHouse's RowBinary.</summary>
/// <remarks>
/// <code>
/// 05 31 2C 61 62 22   2A 00 00 00 00 00 00 00   2B 00 00 00 00 00 00 00
/// └ 5 bytes: 1,ab"    └ UInt64: row 42          └ UInt64: line 43
/// </code>
/// The length is a varint: 7 bits a byte, lowest first, the top bit set on all but the last.
/// </remarks>
internal sealed class RowBinaryReader(Stream body)
{
    // A row is at most MaxRowBytes (1 MiB by default, and never beyond a chunk's 64 MiB); more than this is no row.
    const int MaxRawBytes = 128 << 20;

    readonly PipeReader _reader = PipeReader.Create(body);

    /// <summary>Null at the end.</summary>
    /// <exception cref="InvalidDataException">The answer ends in the middle of a row.</exception>
    public async ValueTask<RawRejectedRow?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(buffer, out var row, out var next))
            {
                _reader.AdvanceTo(next);
                return row;
            }
            if (result.IsCompleted)
                return buffer.IsEmpty ? null : throw new InvalidDataException("The answer ends in the middle of a row.");
            _reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    static bool TryRead(ReadOnlySequence<byte> buffer, out RawRejectedRow row, out SequencePosition next)
    {
        row = default;
        next = default;
        var reader = new SequenceReader<byte>(buffer);
        var length = 0L;
        for (var shift = 0; ; shift += 7)
        {
            if (!reader.TryRead(out var part))
                return false;
            length |= (long)(part & 0x7F) << shift;
            if (length > MaxRawBytes)
                throw new InvalidDataException($"A row cannot have {length} bytes.");
            if (part < 0x80)
                break;
        }
        Span<byte> numbers = stackalloc byte[16];
        if (reader.Remaining < length + numbers.Length)
            return false;
        var raw = reader.UnreadSequence.Slice(0, length).ToArray();
        reader.Advance(length);
        reader.TryCopyTo(numbers);
        reader.Advance(numbers.Length);
        row = new(BinaryPrimitives.ReadInt64LittleEndian(numbers), BinaryPrimitives.ReadInt64LittleEndian(numbers[8..]), raw);
        next = reader.Position;
        return true;
    }
}
