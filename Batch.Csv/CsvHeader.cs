using System.Text;

namespace Batch.Csv;

/// <summary>The header line of a file.</summary>
/// <param name="Names">Trimmed, unquoted; blanks are kept as "".</param>
/// <param name="RawLine">The line's bytes as they stood in the file, without line break and byte order mark.</param>
public sealed record CsvHeader(IReadOnlyList<string> Names, byte[] RawLine)
{
    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Takes a header line apart.</summary>
    /// <exception cref="CsvFileException">MALFORMED_HEADER, HEADER_TOO_LONG, TOO_MANY_COLUMNS, UNSUPPORTED_ENCODING, EMPTY_FILE.</exception>
    public static CsvHeader Parse(ReadOnlySpan<byte> line, CsvDialect dialect, int maxColumns = int.MaxValue)
    {
        var batch = new RowBatch();
        var lines = 0;
        new ScalarCsvTokenizer(dialect).Read(line, 0, ref lines, batch);
        if (batch.RowCount == 0)
            throw FileFaults.Empty();

        var row = batch.Rows[0];
        if (row.Fault == RowFault.TooLong)
            throw FileFaults.HeaderTooLong(dialect);
        if (line[row.Start..].StartsWith("\uFEFF\""u8))
            throw FileFaults.SecondByteOrderMark();
        if (row.Fault == RowFault.MalformedQuotes)
            throw FileFaults.MalformedHeader();
        if (row.FieldCount > maxColumns)
            throw FileFaults.TooManyColumns(row.FieldCount, maxColumns);

        var names = new string[row.FieldCount];
        var scratch = new byte[row.End - row.Start];
        var start = row.Start;
        for (var i = 0; i < names.Length; i++)
        {
            var end = batch.FieldEnds[row.FirstField + i];
            names[i] = Decode(CsvField.Unquote(line[start..end], dialect, scratch)).Trim();
            start = end + dialect.DelimiterLength;
        }
        return new(names, line[row.Start..row.End].ToArray());
    }

    /// <summary>The header of a file without a header line, as one that had it would be.</summary>
    public static CsvHeader Of(IReadOnlyList<string> names, CsvDialect dialect)
    {
        var line = new List<byte>();
        for (var i = 0; i < names.Count; i++)
        {
            if (i > 0)
                line.AddRange(dialect.DelimiterBytes());
            line.AddRange(dialect.FieldOf(names[i]));
        }
        return new(names, [.. line]);
    }

    /// <summary>The header of several lines: the names that stand below each other, with a space between them. A blank one adds nothing.</summary>
    public static CsvHeader Joined(IReadOnlyList<CsvHeader> lines, CsvDialect dialect)
    {
        var names = new string[lines.Max(line => line.Names.Count)];
        for (var i = 0; i < names.Length; i++)
            names[i] = string.Join(' ', lines.Select(line => i < line.Names.Count ? line.Names[i] : "").Where(name => name.Length > 0));
        return Of(names, dialect);
    }

    static string Decode(ReadOnlySpan<byte> name)
    {
        try
        {
            return Utf8.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            throw FileFaults.HeaderNotUtf8();
        }
    }
}
