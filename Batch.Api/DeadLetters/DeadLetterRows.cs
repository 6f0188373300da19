using System.Runtime.CompilerServices;
using Batch.Api.Publishing;
using Batch.Api.Repairs;
using Batch.Core.Chunks;
using Batch.Csv;

namespace Batch.Api.DeadLetters;

/// <summary>The rows of a chunk that was given up, with the numbers and lines of the file they came from.</summary>
/// <param name="known">Numbers of rows that stand in the tables already; they are left out.</param>
internal sealed class DeadLetterRows(ChunkHeader header, byte[] bytes, HashSet<long> known, CsvDialect dialect, int chunkBytes) : IRowSource
{
    readonly CsvTokenizer _tokenizer = new(dialect);
    readonly RowBatch _batch = new();
    long _rowsSeen;

    public long RowsSeen => Interlocked.Read(ref _rowsSeen);

    public long BlankLines => 0;

    public async IAsyncEnumerable<OutgoingChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        using var packer = new RowPacker(dialect, chunkBytes);
        var (offset, line, index) = (0, 0, 0);
        while (offset < bytes.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            offset = AddRows(offset, ref line, ref index, packer);
            while (packer.IsFull)
                yield return packer.Take()!;
        }
        while (packer.Take() is { } last)
            yield return last;
    }

    public Task CountAsync(CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _rowsSeen, header.Rows - known.Count);
        return Task.CompletedTask;
    }

    public Task FinishAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    int AddRows(int offset, ref int line, ref int index, RowPacker packer)
    {
        offset = _tokenizer.Read(bytes, offset, ref line, _batch);
        foreach (ref readonly var row in _batch.Rows.AsSpan(0, _batch.RowCount))
        {
            var number = header.RowNumbers?[index] ?? header.FirstRow + index;
            var lineNumber = header.LineNumbers?[index] ?? header.FirstLine + row.Line;
            index++;
            if (known.Contains(number))
                continue;
            Interlocked.Increment(ref _rowsSeen);
            packer.Add(number, lineNumber, bytes.AsSpan(row.Start, row.End - row.Start));
        }
        return offset;
    }
}
