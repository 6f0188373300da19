using System.Buffers;
using Batch.Csv;

namespace Batch.Api.Repairs;

/// <summary>Sets columns of rows to values; every other byte of a row stays as it was.</summary>
/// <remarks>
/// <code>
/// event_id,amount   1005,           set amount=0                1005,0
/// event_id,amount   1005,1          set country=CH   header + country    1005,1,CH
/// </code>
/// A column that the file does not have is put after the header's last one, in front of fields that are too many: those stay too many,
/// and are not taken for its value. A row whose quotes do not match has no fields to set, and stays as it is.
/// Applied to one row after the other; what <see cref="Apply"/> returns is valid until its next call.
/// </remarks>
internal sealed class RowEdit
{
    readonly CsvTokenizer _tokenizer;
    readonly RowBatch _batch = new();
    readonly ArrayBufferWriter<byte> _row = new();
    readonly int _columns;
    readonly byte[] _delimiter;
    // By column of the edited file; null where a column keeps what it has.
    readonly byte[]?[] _values;

    /// <param name="header">Of the file that the rows are from.</param>
    /// <param name="set">Values by column name.</param>
    public RowEdit(CsvHeader header, CsvDialect dialect, IReadOnlyDictionary<string, string> set)
    {
        (_tokenizer, _columns, Dialect) = (new(dialect with { IsOneColumn = header.Names.Count == 1 }), header.Names.Count, dialect);
        _delimiter = dialect.DelimiterBytes();
        var added = set.Keys.Where(name => !header.Names.Contains(name)).ToList();
        var line = new ArrayBufferWriter<byte>();
        line.Write(header.RawLine);
        foreach (var name in added)
        {
            line.Write(dialect.DelimiterBytes());
            line.Write(Field(name));
        }
        Header = added.Count == 0 ? header : new([.. header.Names, .. added], line.WrittenSpan.ToArray());
        _values = [.. Header.Names.Select(name => set.TryGetValue(name, out var value) ? Field(value) : null)];
        Dialect = dialect with { IsOneColumn = Header.Names.Count == 1 };
        IsNone = set.Count == 0;
    }

    /// <summary>Nothing is set.</summary>
    public bool IsNone { get; }

    /// <summary>How the edited rows are to be read.</summary>
    public CsvDialect Dialect { get; }

    /// <summary>The header line of the edited rows.</summary>
    public CsvHeader Header { get; }

    /// <summary>The row with the values set.</summary>
    public ReadOnlySpan<byte> Apply(ReadOnlySpan<byte> raw)
    {
        if (IsNone)
            return raw;
        var line = 0;
        // The blank row of a file of one column is a row all the same, with one field.
        var end = raw.IsEmpty ? 0 : _tokenizer.Read(raw, 0, ref line, _batch);
        if (raw.IsEmpty)
            (_batch.RowCount, _batch.Rows[0], _batch.FieldEnds[0]) = (1, new RowSpan { FieldCount = 1 }, 0);
        if (_batch.RowCount != 1 || end != raw.Length || _batch.Rows[0].Fault != RowFault.None)
            return raw;

        _row.ResetWrittenCount();
        var row = _batch.Rows[0];
        var last = LastColumn(row.FieldCount);
        var start = row.Start;
        for (var column = 0; column <= last; column++)
        {
            if (column > 0)
                _row.Write(_delimiter);
            var isThere = column < Math.Min(row.FieldCount, _columns);
            var fieldEnd = isThere ? _batch.FieldEnds[row.FirstField + column] : start;
            if (column < _values.Length && _values[column] is { } value)
                _row.Write(value);
            else if (isThere)
                _row.Write(raw[start..fieldEnd]);
            if (isThere)
                start = fieldEnd + _delimiter.Length;
        }
        if (row.FieldCount > _columns)
        {
            _row.Write(_delimiter);
            _row.Write(raw[start..row.End]);
        }
        return _row.WrittenSpan;
    }

    /// <summary>A short row gets as many fields as it takes to set what is to be set, and no more: what else it lacks, it lacks.</summary>
    int LastColumn(int fields)
    {
        var last = Math.Min(fields, _columns) - 1;
        for (var column = last + 1; column < _values.Length; column++)
        {
            if (_values[column] is not null)
                last = column;
        }
        return last;
    }

    byte[] Field(string text) => Dialect.FieldOf(text);
}
