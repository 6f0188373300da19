using System.Buffers.Text;
using Batch.Csv.Validation;

namespace Batch.Csv.Export;

/// <summary>The two columns that an export of rejected rows puts before those of the file.</summary>
/// <remarks>
/// <code>
/// _row,_errors,event_id,timestamp,amount
/// 17,"NOT_A_FLOAT amount: The value for 'amount' is not a float. …",1005,1716045542,abc
/// </code>
/// They stand first so that the rest of the line is the row as it was, byte for byte, also where its quotes do not match or its
/// fields are too many. Sent back, they are taken off again, so that a row rejected twice does not carry them twice.
/// </remarks>
public static class ExportColumns
{
    public const string Row = "_row";
    public const string Errors = "_errors";

    public static bool Lead(CsvHeader header) => header.Names is [Row, Errors, ..];

    /// <summary>A header from which a person has moved the two columns elsewhere still fits: they are ignored where they are.</summary>
    public static HeaderMapping Forgive(HeaderMapping mapping)
    {
        var faults = mapping.Faults.Where(fault => fault is not { Error: ErrorCodes.ExtraColumn, Column: Row or Errors }).ToArray();
        return faults.Length == mapping.Faults.Count ? mapping : mapping with
        {
            Faults = faults,
            Ignored = faults.Length > 0 ? [] : [.. mapping.Faults.Select(fault => fault.Column)],
        };
    }

    /// <summary>The header of the file that was exported.</summary>
    public static CsvHeader TakeOff(CsvHeader header, CsvDialect dialect)
    {
        var batch = new RowBatch();
        var line = 0;
        new ScalarCsvTokenizer(dialect).Read(header.RawLine, 0, ref line, batch);
        var rest = batch.Rows[0].FieldCount > 2 ? batch.FieldEnds[batch.Rows[0].FirstField + 1] + dialect.DelimiterLength : header.RawLine.Length;
        return new([.. header.Names.Skip(2)], header.RawLine[rest..]);
    }

    /// <summary>Takes an exported row apart whose quotes do not match, as far as that goes.</summary>
    /// <param name="rest">Where the row as it was begins.</param>
    /// <returns>The row's number; null where the first field is none.</returns>
    public static long? TrySplit(ReadOnlySpan<byte> row, CsvDialect dialect, out int rest)
    {
        var end = SkipField(row, 0, dialect);
        rest = SkipField(row, end, dialect);
        return NumberOf(row[..end].TrimEnd(dialect.DelimiterBytes()));
    }

    /// <summary>The row number that a field holds; null where it holds none.</summary>
    public static long? NumberOf(ReadOnlySpan<byte> field)
    {
        field = field.Trim(" \t\""u8);
        return Utf8Parser.TryParse(field, out long number, out var used) && used == field.Length && number > 0 ? number : null;
    }

    /// <summary>The offset after the field that begins at <paramref name="at"/> and its delimiter; the row's end where it is the last.</summary>
    static int SkipField(ReadOnlySpan<byte> row, int at, CsvDialect dialect)
    {
        if (at < row.Length && dialect.IsQuote(row[at]))
        {
            for (at++; at < row.Length; at++)
            {
                if (row[at] == dialect.Quote && (dialect.Escape != 0 || at + 1 == row.Length || row[at + 1] != dialect.Quote))
                    break;
                if (row[at] == dialect.EscapeOrQuote)
                    at++;
            }
        }
        var next = dialect.IndexOfDelimiter(row[Math.Min(at, row.Length)..]);
        return next < 0 ? row.Length : at + next + dialect.DelimiterLength;
    }
}
