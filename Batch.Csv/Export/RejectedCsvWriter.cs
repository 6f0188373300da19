using System.Buffers;
using System.Globalization;
using System.Text;

namespace Batch.Csv.Export;

/// <summary>Writes rejected rows as CSV that a person can fix and send back.</summary>
/// <remarks>
/// <code>
/// _row,_errors,event_id,timestamp,amount
/// 17,"amount: NOT_A_FLOAT. The value for 'amount' is not a float. …",1005,1716045542,abc
/// </code>
/// The row itself is copied as it was, byte for byte; only the two columns before it are written here: a number, and a text always in quotes.
/// </remarks>
public sealed class RejectedCsvWriter(IBufferWriter<byte> output, CsvDialect dialect)
{
    /// <summary>Characters of a row's errors after which no further one is begun.</summary>
    const int MaxErrorsText = 4000;

    readonly StringBuilder _errors = new();
    readonly byte[] _delimiter = dialect.DelimiterBytes();

    /// <param name="line">The header line of the file.</param>
    public void WriteHeader(ReadOnlySpan<byte> line) => Write(ExportColumns.Row, Encoding.UTF8.GetBytes(ExportColumns.Errors), line);

    /// <summary>One error of the row that is written next.</summary>
    public void AddError(string column, string error, string message)
    {
        if (_errors.Length >= MaxErrorsText)
            return;
        if (_errors.Length > 0)
            _errors.Append(" | ");
        // On one line, whatever stood in the file's header: a line break here would make two lines of a malformed row's one.
        foreach (var c in $"{column}: {error}. {message}")
            _errors.Append(char.IsControl(c) ? ' ' : c);
    }

    /// <summary>Forgets the errors that were added: their row is not wanted.</summary>
    public void Skip() => _errors.Clear();

    /// <summary>The row, behind its number and the errors that were added.</summary>
    public void WriteRow(long row, ReadOnlySpan<byte> raw)
    {
        // In quotes always, as people write into it.
        var errors = _errors.ToString();
        Write(row.ToString(CultureInfo.InvariantCulture), dialect.HasQuotes
            ? dialect.QuotedFieldOf(Encoding.UTF8.GetBytes(errors))
            : dialect.FieldOf(errors), raw);
        _errors.Clear();
    }

    void Write(string number, ReadOnlySpan<byte> errors, ReadOnlySpan<byte> rest)
    {
        Encoding.UTF8.GetBytes(number, output);
        output.Write(_delimiter);
        output.Write(errors);
        output.Write(_delimiter);
        output.Write(rest);
        output.Write("\n"u8);
    }
}
