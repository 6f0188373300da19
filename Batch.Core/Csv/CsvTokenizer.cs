namespace Batch.Core.Csv;

/// <summary>Finds the rows and fields of a chunk.</summary>
/// <remarks>One forward pass over a chunk that starts at a row start. Deterministic; same grammar as the chunker. Not for several threads.</remarks>
public sealed class CsvTokenizer(CsvDialect dialect)
{
    readonly ScalarCsvTokenizer _scalar = new(dialect);

    /// <summary>Takes rows from <paramref name="chunk"/> into <paramref name="batch"/> (cleared first) until it is full or the chunk ends.</summary>
    /// <param name="chunk">Unchanged between the calls that read it.</param>
    /// <param name="offset">0 at first, then what the last call returned.</param>
    /// <param name="line">Line breaks passed so far, in and out.</param>
    /// <param name="batch">Its arrays grow only where one row has more fields than they hold.</param>
    /// <returns>The offset after the last row taken; the chunk's length at its end.</returns>
    public int Read(ReadOnlySpan<byte> chunk, int offset, ref int line, RowBatch batch) => _scalar.Read(chunk, offset, ref line, batch);
}
