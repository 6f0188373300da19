using Batch.Core.Chunks;
using Batch.Core.Csv;

namespace Batch.Core.Validation;

/// <summary>Finds rows that repeat the file's header line, as where two files were put together: by its bytes, or by its names without quotes.</summary>
sealed class RepeatedHeader
{
    readonly byte[] _line, _unquoted;

    /// <param name="line">As it stood in the file; empty where it is not known, and then no row repeats it.</param>
    public RepeatedHeader(byte[] line, CsvDialect dialect)
    {
        (_line, _unquoted) = (line, line);
        if (line.Length == 0)
            return;
        var names = CsvHeader.Parse(line, dialect).Names;
        _unquoted = System.Text.Encoding.UTF8.GetBytes(string.Join((char)dialect.Delimiter, names));
    }

    /// <summary>Makes such rows faulty: they have no fields then, since what is wrong with a name as a value is of no interest.</summary>
    public void Mark(ReadOnlySpan<byte> chunk, RowBatch batch, int fields)
    {
        if (_line.Length == 0)
            return;
        var rows = batch.Rows.AsSpan(0, batch.RowCount);
        foreach (ref var row in rows)
        {
            var length = row.End - row.Start;
            if ((length == _line.Length || length == _unquoted.Length) && row.FieldCount == fields && Repeats(chunk[row.Start..row.End]))
                (row.Fault, row.FieldCount) = (RowFault.RepeatedHeader, 0);
        }
    }

    bool Repeats(ReadOnlySpan<byte> row) => row.SequenceEqual(_line) || row.SequenceEqual(_unquoted);
}
