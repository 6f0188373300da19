using System.Text;

namespace Batch.Csv.Validation;

/// <summary>
/// Finds rows that repeat the file's header line, as where two files were put together: by its bytes, or by its names, each in quotes or not.
/// </summary>
sealed class RepeatedHeader
{
    readonly byte[] _line;
    readonly byte[][] _names;
    readonly CsvDialect _dialect;
    readonly ulong _lengths; // that such a row may have, modulo 64: nearly every other row is told by its length

    /// <param name="line">As it stood in the file; empty where it is not known, and then no row repeats it.</param>
    public RepeatedHeader(byte[] line, CsvDialect dialect)
    {
        (_line, _names, _dialect) = (line, [], dialect);
        if (line.Length == 0)
            return;
        _names = [.. CsvHeader.Parse(line, dialect).Names.Select(Encoding.UTF8.GetBytes)];
        _lengths = 1UL << (line.Length & 63);
        var length = _names.Sum(name => name.Length + dialect.DelimiterLength) - dialect.DelimiterLength;
        for (var inQuotes = 0; inQuotes <= _names.Length; inQuotes++)
            _lengths |= 1UL << ((length + 2 * inQuotes) & 63);
    }

    /// <summary>Makes such rows faulty: they have no fields then, since what is wrong with a name as a value is of no interest.</summary>
    public void Mark(ReadOnlySpan<byte> chunk, RowBatch batch, int fields)
    {
        if (_lengths == 0)
            return;
        var rows = batch.Rows.AsSpan(0, batch.RowCount);
        foreach (ref var row in rows)
        {
            if ((_lengths >> (row.End - row.Start) & 1) != 0 && row.FieldCount == fields && Repeats(chunk[row.Start..row.End]))
                (row.Fault, row.FieldCount) = (RowFault.RepeatedHeader, 0);
        }
    }

    bool Repeats(ReadOnlySpan<byte> row)
    {
        if (row.SequenceEqual(_line))
            return true;
        for (var i = 0; i < _names.Length; i++)
        {
            if (i > 0 && !TryTakeDelimiter(ref row))
                return false;
            var isQuoted = _dialect.HasQuotes && TryTake(ref row, _dialect.Quote);
            if (!row.StartsWith(_names[i]))
                return false;
            row = row[_names[i].Length..];
            if (isQuoted && !TryTake(ref row, _dialect.Quote))
                return false;
        }
        return row.IsEmpty;
    }

    bool TryTakeDelimiter(ref ReadOnlySpan<byte> row)
    {
        if (!_dialect.IsDelimiterAt(row, 0))
            return false;
        row = row[_dialect.DelimiterLength..];
        return true;
    }

    static bool TryTake(ref ReadOnlySpan<byte> row, byte wanted)
    {
        if (row.IsEmpty || row[0] != wanted)
            return false;
        row = row[1..];
        return true;
    }
}
