using System.Runtime.CompilerServices;
using Batch.Core.Chunks;
using Batch.Core.Csv;

namespace Batch.Api.Jobs;

/// <summary>The rows of an export that comes back: the export's own two columns are taken off, and their numbers may be kept.</summary>
/// <param name="dialect">Of the export.</param>
/// <param name="rowDialect">Of the rows without its two columns.</param>
/// <param name="keepNumbers">A row keeps the number in its <c>_row</c>; otherwise it is numbered like any other.</param>
internal sealed class ExportedRows(CsvUpload file, UploadBody body, CsvDialect dialect, CsvDialect rowDialect, int chunkBytes, bool keepNumbers) : IRowSource
{
    readonly CsvTokenizer _tokenizer = new(dialect);
    readonly RowBatch _batch = new();
    long _lastNumber;

    public long RowsSeen => file.RowsSeen;

    public long BlankLines => file.BlankLines;

    public async IAsyncEnumerable<OutgoingChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var packer = new RowPacker(rowDialect, chunkBytes);
        await foreach (var chunk in file.ReadChunksAsync(cancellationToken))
        {
            using (chunk)
            {
                var (offset, line, index) = (0, 0, 0);
                while (offset < chunk.Bytes.Length)
                {
                    offset = AddRows(chunk, offset, ref line, ref index, packer);
                    while (packer.IsFull)
                        yield return packer.Take()!;
                }
            }
        }
        while (packer.Take() is { } last)
            yield return last;
    }

    public Task CountAsync(CancellationToken cancellationToken) => file.CountRowsAsync(cancellationToken);

    public Task FinishAsync(CancellationToken cancellationToken) => body.FinishAsync(cancellationToken);

    int AddRows(RawChunk chunk, int offset, ref int line, ref int index, RowPacker packer)
    {
        var bytes = chunk.Bytes.Span;
        offset = _tokenizer.Read(bytes, offset, ref line, _batch);
        foreach (ref readonly var row in _batch.Rows.AsSpan(0, _batch.RowCount))
        {
            var raw = bytes[row.Start..row.End];
            var lineNumber = chunk.FirstLine + row.Line;
            var hasNumber = ExportColumns.TrySplit(raw, dialect.Delimiter, out var number, out var rest);
            if (row.Fault == RowFault.TooLong || raw[..rest].IndexOf(": ROW_TOO_LONG."u8) >= 0)
                throw WasCut(number, lineNumber);
            if (keepNumbers)
                CheckNumber(hasNumber, number, lineNumber);
            packer.Add(keepNumbers ? number : chunk.FirstRow + index, lineNumber, raw[rest..]);
            index++;
        }
        return offset;
    }

    // Of an over-long row the beginning alone was kept, and what is left of it without these columns may be short enough to look whole.
    static CsvFileException WasCut(long number, long line) => new("ROW_WAS_CUT",
        $"Line {line}: row {number} is longer than a row may be, and the export has only its beginning. Take it out of this file; shorten it in the file it came from, and upload it from there.");

    // Ascending, because that proves in constant memory that no number comes twice; an export is written so.
    void CheckNumber(bool hasNumber, long number, long line)
    {
        if (!hasNumber)
            throw new CsvFileException("INVALID_ROW_NUMBER",
                $"Line {line}: the first field is to be the row's number, as the export wrote it. Leave the column {ExportColumns.Row} as it is.");
        if (number <= _lastNumber)
            throw new CsvFileException("INVALID_ROW_NUMBER",
                $"Line {line}: row {number} stands after row {_lastNumber}. Keep the rows in the order of the export, each once.");
        _lastNumber = number;
    }
}
