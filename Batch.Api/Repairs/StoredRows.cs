using System.Runtime.CompilerServices;
using Batch.Api.Publishing;
using Batch.Core.Rejected;
using Batch.Csv;

namespace Batch.Api.Repairs;

/// <summary>Rejected rows of a job, as they are kept, with the numbers and lines of the file they came from.</summary>
/// <param name="selection">Which of them; those that are repaired are left out.</param>
/// <param name="edit">What is set in each of them.</param>
internal sealed class StoredRows(
    RejectedStore rejected, RowSelection selection, RowEdit edit, CsvDialect dialect, int chunkBytes) : IRowSource
{
    long _rowsSeen;

    public long RowsSeen => Interlocked.Read(ref _rowsSeen);

    public long BlankLines => 0;

    public async IAsyncEnumerable<OutgoingChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var packer = new RowPacker(dialect, chunkBytes);
        await foreach (var row in rejected.RawRowsAsync(selection, cancellationToken))
        {
            Interlocked.Increment(ref _rowsSeen);
            packer.Add(row.Row, row.Line, edit.Apply(row.Raw.Span));
            while (packer.IsFull)
                yield return packer.Take()!;
        }
        while (packer.Take() is { } last)
            yield return last;
    }

    public async Task CountAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in rejected.RawRowsAsync(selection, cancellationToken))
            Interlocked.Increment(ref _rowsSeen);
    }

    public Task FinishAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
