using System.Buffers;
using System.Text;
using Batch.Api.Jobs;
using CsvHelper;

namespace Batch.Csv.Export;

/// <summary>Writes rejected rows as CSV that a person can put right and send back.</summary>
/// <remarks>
/// <code>
/// _row,_errors,event_id,timestamp,amount
/// 17,"amount: NOT_A_FLOAT. The value for 'amount' is not a float. …",1005,1716045542,abc
/// </code>
/// The row itself is copied as it was, byte for byte; only the two columns before it are written, and so quoted, here.
/// </remarks>
public sealed class RejectedCsvWriter : IDisposable
{
    /// <summary>Characters of a row's errors after which no further one is begun.</summary>
    const int MaxErrorsText = 4000;

    readonly MemoryStream _text = new();
    readonly StringBuilder _errors = new();
    readonly CsvWriter _csv;
    readonly IBufferWriter<byte> _output;

    public RejectedCsvWriter(IBufferWriter<byte> output, char delimiter)
    {
        _csv = CsvWriter.Create(_text, CsvOutput.Options(delimiter));
        _output = output;
    }

    /// <param name="line">The header line of the file.</param>
    public void WriteHeader(ReadOnlySpan<byte> line)
    {
        _csv.WriteField(ExportColumns.Row);
        _csv.WriteField(ExportColumns.Errors);
        EndWith(line);
    }

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
        _csv.WriteField(row);
        // In quotes always, as people write into it.
        _csv.WriteField(_errors.ToString(), CsvQuoting.Always);
        _errors.Clear();
        EndWith(raw);
    }

    // What comes before is written as if one more field came, which is the row as it was.
    void EndWith(ReadOnlySpan<byte> raw)
    {
        _csv.WriteField("");
        Flush();
        _output.Write(raw);
        _csv.EndRecord();
        Flush();
    }

    void Flush()
    {
        _csv.Flush();
        _output.Write(_text.GetBuffer().AsSpan(0, (int)_text.Length));
        _text.SetLength(0);
    }

    public void Dispose() => _csv.Dispose();
}
