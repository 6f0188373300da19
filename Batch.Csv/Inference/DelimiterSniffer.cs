namespace Batch.Csv.Inference;

/// <summary>Guesses the separator of a file from its beginning.</summary>
static class DelimiterSniffer
{
    static ReadOnlySpan<byte> Candidates => ",;\t|"u8;

    /// <param name="head">The file's first bytes, byte order mark included.</param>
    /// <param name="isWhole">There is no more of the file.</param>
    /// <param name="maxRowBytes">As in <see cref="CsvDialect"/>.</param>
    /// <returns>The separator that gives most rows as many fields as the header line has; of equals the one
    /// that gives more; a comma where none splits the header.</returns>
    public static byte Sniff(ReadOnlySpan<byte> head, bool isWhole, int maxRowBytes)
    {
        if (head.StartsWith("\uFEFF"u8))
            head = head[3..];
        var best = (Share: 0.0, Fields: 0, Delimiter: (byte)',');
        foreach (var delimiter in Candidates)
        {
            var (share, fields) = Score(head, isWhole, new CsvDialect(delimiter, maxRowBytes));
            if (share > best.Share || (share == best.Share && fields > best.Fields))
                best = (share, fields, delimiter);
        }
        return best.Delimiter;
    }

    static (double Share, int Fields) Score(ReadOnlySpan<byte> head, bool isWhole, CsvDialect dialect)
    {
        var batch = new RowBatch();
        var tokenizer = new CsvTokenizer(dialect);
        int offset = 0, line = 0, fields = 0, rows = 0, alike = 0;
        while (offset < head.Length)
        {
            offset = tokenizer.Read(head, offset, ref line, batch);
            if (batch.RowCount == 0)
                break;
            // The last row of a head that was cut off is half a row.
            var count = batch.RowCount - (offset >= head.Length && !isWhole ? 1 : 0);
            for (var i = 0; i < count; i++)
            {
                ref readonly var row = ref batch.Rows[i];
                if (fields == 0)
                    fields = row.FieldCount;
                rows++;
                if (row.Fault == RowFault.None && row.FieldCount == fields)
                    alike++;
            }
            if (fields == 1)
                return (0, 1);
        }
        return rows == 0 || fields < 2 ? (0, 0) : ((double)alike / rows, fields);
    }
}
