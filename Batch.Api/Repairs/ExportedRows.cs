using System.Runtime.CompilerServices;
using Batch.Api.Publishing;
using Batch.Api.Uploads;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Export;

namespace Batch.Api.Repairs;

/// <summary>The rows of an export that comes back: the export's own two columns are taken off.</summary>
/// <param name="rowDialect">How the rows without these columns are read.</param>
/// <param name="check">For <c>reprocess</c>: rows keep the number in their <c>_row</c>, which is checked
/// against this. Null: they are numbered like any other.</param>
internal sealed class ExportedRows(CsvUpload file, UploadBody body, CsvDialect rowDialect, int chunkBytes, RepairCheck? check = null)
    : IRowSource, IAsyncDisposable
{
    readonly CsvTokenizer _tokenizer = new(file.Dialect);
    readonly CsvTokenizer _restTokenizer = new(rowDialect);
    readonly RowBatch _batch = new();
    readonly RowBatch _rest = new();
    readonly CancellationTokenSource _stop = new();
    IAsyncEnumerator<OutgoingChunk>? _chunks;
    OutgoingChunk? _first;

    public long RowsSeen => file.RowsSeen;

    public long BlankLines => file.BlankLines;

    /// <summary>Reads the first chunk, so that what is wrong with a small file is known before there is a job.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await using var cancelling = cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null);
        _chunks = PackAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
        if (await _chunks.MoveNextAsync())
            _first = _chunks.Current;
    }

    public async IAsyncEnumerable<OutgoingChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_chunks is null)
            await BeginAsync(cancellationToken);
        await using var cancelling = cancellationToken.UnsafeRegister(_ => _stop.Cancel(), null);
        if (_first is not { } first)
            yield break;
        _first = null;
        yield return first;
        while (await _chunks!.MoveNextAsync())
            yield return _chunks.Current;
    }

    public Task CountAsync(CancellationToken cancellationToken) => file.CountRowsAsync(cancellationToken);

    public Task FinishAsync(CancellationToken cancellationToken) => body.FinishAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _first?.Dispose();
        if (_chunks is not null)
            await _chunks.DisposeAsync();
        _stop.Dispose();
    }

    async IAsyncEnumerable<OutgoingChunk> PackAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var packer = new RowPacker(rowDialect, chunkBytes);
        await foreach (var chunk in file.ReadChunksAsync(cancellationToken))
        {
            using (chunk)
            {
                var (offset, line, index) = (0, 0, 0);
                while (offset < chunk.Bytes.Length)
                {
                    offset = _tokenizer.Read(chunk.Bytes.Span, offset, ref line, _batch);
                    for (var i = 0; i < _batch.RowCount; i++, index++)
                    {
                        var row = TakeApart(chunk.Bytes.Span, i);
                        var lineNumber = chunk.FirstLine + _batch.Rows[i].Line;
                        if (_batch.Rows[i].Fault == RowFault.TooLong || chunk.Bytes.Span[_batch.Rows[i].Start..row.Start].IndexOf(": ROW_TOO_LONG."u8) >= 0)
                            throw WasCut(row.Number, lineNumber);
                        if (check is null || await check.IsWantedAsync(row.Number, lineNumber, cancellationToken))
                            packer.Add(check is null ? chunk.FirstRow + index : row.Number!.Value, lineNumber, chunk.Bytes.Span[row.Start..row.End]);
                    }
                    while (packer.IsFull)
                        yield return packer.Take()!;
                }
            }
        }
        while (packer.Take() is { } last)
            yield return last;
    }

    /// <summary>The row's number, null where its first field is none, and where the row as it was stands.</summary>
    (long? Number, int Start, int End) TakeApart(ReadOnlySpan<byte> bytes, int index)
    {
        ref readonly var row = ref _batch.Rows[index];
        if (row.Fault == RowFault.None)
        {
            var first = bytes[row.Start.._batch.FieldEnds[row.FirstField]];
            return (ExportColumns.NumberOf(first), row.FieldCount > 2 ? _batch.FieldEnds[row.FirstField + 1] + rowDialect.DelimiterLength : row.End, row.End);
        }
        // A row that cannot be taken into fields stays as bad as it is. What is left of one whose quotes do not match must still be one row, as it is where the
        // fault is in the row as it was; and one that was cut at the longest length must not get below that by losing its first columns.
        var raw = bytes[row.Start..row.End];
        var number = ExportColumns.TrySplit(raw, rowDialect, out var rest);
        return row.Fault == RowFault.MalformedQuotes && IsOneRow(raw[rest..]) ? (number, row.Start + rest, row.End) : (number, row.Start, row.End);
    }

    // Of an over-long row the beginning alone was kept, and what is left of it without these columns may be short enough to look whole.
    static CsvFileException WasCut(long? number, long line) => new("ROW_WAS_CUT",
        $"Line {line}: row {number} is longer than a row may be, and the export has only its beginning. Remove it from this file; shorten it in the original file, and upload it from there.");

    bool IsOneRow(ReadOnlySpan<byte> raw)
    {
        var line = 0;
        return _restTokenizer.Read(raw, 0, ref line, _rest) == raw.Length && _rest.RowCount == 1 && _rest.Rows[0].Fault != RowFault.None;
    }
}
