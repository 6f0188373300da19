namespace Batch.Csv.Validation;

/// <summary>One column of the file over the rows of a batch.</summary>
/// <param name="chunk">What the slices are slices of.</param>
/// <param name="slices">One for each row.</param>
/// <param name="isText">The rows are valid UTF-8 without NUL, so no field has to be looked at.</param>
readonly ref struct FieldBatch(ReadOnlySpan<byte> chunk, ReadOnlySpan<FieldSlice> slices, bool isText)
{
    public readonly ReadOnlySpan<byte> Chunk = chunk;
    public readonly ReadOnlySpan<FieldSlice> Slices = slices;
    public readonly bool IsText = isText;

    /// <summary>Takes one column out of a batch.</summary>
    /// <param name="field">Which field of a row; -1 for one that no row has.</param>
    /// <param name="slices">Room for one slice a row.</param>
    public static void Gather(ReadOnlySpan<byte> chunk, RowBatch batch, CsvDialect dialect, int field, Span<FieldSlice> slices)
    {
        for (var i = 0; i < slices.Length; i++)
            slices[i] = Slice(chunk, batch, dialect, batch.Rows[i], field);
    }

    /// <summary>
    /// The same for a batch without quotes and without <c>\N</c> whose rows all have <paramref name="fieldCount"/> fields: no row has to be looked at.
    /// </summary>
    public static void GatherPlain(RowBatch batch, int field, int fieldCount, Span<FieldSlice> slices)
    {
        ReadOnlySpan<int> ends = batch.FieldEnds.AsSpan(0, batch.FieldCount);
        if (field == 0)
        {
            var rows = batch.Rows.AsSpan(0, slices.Length);
            for (var i = 0; i < slices.Length; i++, ends = ends[fieldCount..])
                slices[i] = FieldSlice.Plain(rows[i].Start, ends[0] - rows[i].Start);
            return;
        }

        var at = field;
        for (var i = 0; i < slices.Length; i++, at += fieldCount)
        {
            var start = ends[at - 1] + 1;
            slices[i] = FieldSlice.Plain(start, ends[at] - start);
        }
    }

    /// <summary>One field of one row. An unquoted <c>\N</c> is a blank.</summary>
    public static FieldSlice Slice(ReadOnlySpan<byte> chunk, RowBatch batch, CsvDialect dialect, in RowSpan row, int field)
    {
        if ((uint)field >= (uint)row.FieldCount)
            return row.Fault == RowFault.None ? FieldSlice.Missing : FieldSlice.OfFaultyRow;
        var at = row.FirstField + field;
        var start = field == 0 ? row.Start : batch.FieldEnds[at - 1] + dialect.DelimiterLength;
        var length = batch.FieldEnds[at] - start;
        var text = chunk.Slice(start, length);
        var quoted = CsvField.Quoted(text, dialect);
        if (quoted.IsEmpty)
            return FieldSlice.Plain(start, CsvField.IsNullMarker(text) ? 0 : length);

        start += text.IndexOf(dialect.Quote) + 1;
        length = quoted.Length - 2;
        return chunk.Slice(start, length).Contains(dialect.EscapeOrQuote) ? FieldSlice.Escaped(start, length) : FieldSlice.Plain(start, length);
    }
}
