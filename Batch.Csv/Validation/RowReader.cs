namespace Batch.Csv.Validation;

/// <summary>Reads the rows of a file: the tokenizer's, less those whose looks say that they are none of the table's.</summary>
/// <remarks>One home for validation and schema inference, so that they agree on which rows there are.</remarks>
sealed class RowReader(CsvDialect dialect, byte[] headerLine, int columns)
{
    readonly CsvTokenizer _tokenizer = new(dialect);
    readonly RepeatedHeader _repeatedHeader = new(headerLine, dialect);
    readonly TornRows _tornRows = new(dialect, columns);

    /// <summary>Takes the rows of the next batch, and marks those that repeat the header line or may be pieces of others.</summary>
    /// <param name="isOpen">Whether the rest of a value with a lost quote is awaited; in and out, false at the start of a chunk.</param>
    /// <inheritdoc cref="CsvTokenizer.Read"/>
    public int Read(ReadOnlySpan<byte> chunk, int offset, ref int line, ref bool isOpen, RowBatch batch)
    {
        offset = _tokenizer.Read(chunk, offset, ref line, batch);
        _repeatedHeader.Mark(chunk, batch, columns);
        _tornRows.Mark(chunk, batch, offset, ref isOpen);
        return offset;
    }
}
