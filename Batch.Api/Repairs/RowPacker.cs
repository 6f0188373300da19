using System.Buffers;
using Batch.Api.Publishing;
using Batch.Csv;
using Batch.Primitives;

namespace Batch.Api.Repairs;

/// <summary>Packs rows that were taken out of their file into chunks again, each with its own number and line.</summary>
/// <remarks>
/// <para>Invariant: the tokenizer finds in a chunk exactly the rows that were put in, so that the n-th row is the one of the n-th number.</para>
/// <para>
/// That is not a matter of course. <c>7,"abc</c> is malformed where it stands, for its quote never closes; with <c>9,"</c> below it, it
/// is a good row of two lines. So each chunk is read back before it goes out, and is cut after a row that swallows the next one:
/// at the end of a chunk its quote stays open, and it is what it was.
/// </para>
/// </remarks>
internal sealed class RowPacker(CsvDialect dialect, int chunkBytes) : IDisposable
{
    /// <summary>Numbers and lines travel in the record's header, some 14 bytes a row.</summary>
    public const int MaxRows = 20_000;

    readonly CsvTokenizer _tokenizer = new(dialect);
    readonly RowBatch _batch = new();
    readonly List<(long Row, long Line, int Start)> _rows = [];
    byte[] _bytes = ArrayPool<byte>.Shared.Rent(64 << 10);
    int _length;
    int _ordinal;

    /// <summary>Enough for a chunk: <see cref="Take"/> it.</summary>
    public bool IsFull => _rows.Count >= MaxRows || _length >= chunkBytes;

    public void Add(long row, long line, ReadOnlySpan<byte> raw)
    {
        // A row of one blank field: an empty line is a row only in a file of one column.
        if (raw.IsEmpty && !dialect.IsOneColumn)
            raw = dialect.HasQuotes ? dialect.QuotedFieldOf([]) : " "u8;
        if (_bytes.Length - _length <= raw.Length)
            Grow(_length + raw.Length + 1);
        _rows.Add((row, line, _length));
        raw.CopyTo(_bytes.AsSpan(_length));
        _length += raw.Length;
        _bytes[_length++] = (byte)'\n';
    }

    /// <summary>A chunk of the rows that are there, or of the first of them; null where there are none.</summary>
    public OutgoingChunk? Take()
    {
        if (_rows.Count == 0)
            return null;
        var count = CountOfFaithfulRows();
        var end = count == _rows.Count ? _length : _rows[count].Start;
        var owner = new PooledBytes(end);
        _bytes.AsSpan(0, end).CopyTo(owner.Bytes.Span);
        var chunk = new OutgoingChunk(owner.Bytes, owner)
        {
            Ordinal = _ordinal++,
            Rows = count,
            FirstRow = _rows[0].Row,
            FirstLine = _rows[0].Line,
            Checksum = Crc32C.Of(owner.Bytes.Span),
            RowNumbers = [.. _rows.Take(count).Select(row => row.Row)],
            LineNumbers = [.. _rows.Take(count).Select(row => row.Line)],
        };
        Drop(count, end);
        return chunk;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    /// <summary>How many rows, from the first, are found where they were put.</summary>
    int CountOfFaithfulRows()
    {
        var bytes = _bytes.AsSpan(0, _length);
        var (offset, line, index) = (0, 0, 0);
        while (offset < bytes.Length)
        {
            offset = _tokenizer.Read(bytes, offset, ref line, _batch);
            for (var i = 0; i < _batch.RowCount; i++, index++)
            {
                if (index == _rows.Count || _batch.Rows[i].Start != _rows[index].Start)
                    return CutAt(index);
            }
        }
        return index == _rows.Count ? index : CutAt(index);
    }

    int CutAt(int index)
    {
        if (index == 0 || index == _rows.Count)
            throw Unfaithful(Math.Max(0, index - 1));
        // A row is found in the middle of the one before: that one is not a row at all, and cutting after it would not make it one.
        var lastAlone = _bytes.AsSpan(_rows[index - 1].Start, _rows[index].Start - _rows[index - 1].Start);
        var line = 0;
        var end = _tokenizer.Read(lastAlone, 0, ref line, _batch);
        return _batch.RowCount == 1 && end == lastAlone.Length ? index : throw Unfaithful(index - 1);
    }

    CsvFileException Unfaithful(int index) => new("UNREADABLE_ROW",
        $"Line {_rows[index].Line}: row {_rows[index].Row} is not one row when it is read by itself. Fix its quotes in the export, and send that.");

    void Drop(int count, int end)
    {
        _bytes.AsSpan(end, _length - end).CopyTo(_bytes);
        _length -= end;
        _rows.RemoveRange(0, count);
        for (var i = 0; i < _rows.Count; i++)
            _rows[i] = _rows[i] with { Start = _rows[i].Start - end };
    }

    void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _bytes.Length));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }

    sealed class PooledBytes(int length) : IDisposable
    {
        byte[]? _rented = ArrayPool<byte>.Shared.Rent(length);

        public Memory<byte> Bytes => _rented.AsMemory(0, length);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _rented, null) is { } rented)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
