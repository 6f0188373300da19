using System.Globalization;
using System.Text.Unicode;
using Batch.Core.Chunks;
using Batch.Core.Csv;

namespace Batch.Core.Schema;

/// <summary>What a file has held so far: a <see cref="ColumnProfile"/> for each column, and the rows that no schema could accept.</summary>
sealed class FileProfile
{
    readonly CsvDialect _dialect;
    readonly CsvTokenizer _tokenizer;
    readonly RowBatch _batch = new();
    /// <summary>By field; null for a column that cannot be in a model.</summary>
    readonly ColumnProfile?[] _columns;
    readonly List<string> _notes = [];
    readonly ColumnProfile? _eventId;
    readonly bool _leavesOut;
    byte[] _scratch = [];

    long _rows;
    long _rejected;
    (long Count, long First) _malformed, _tooLong, _notText, _tooManyFields;

    public FileProfile(CsvHeader header, CsvDialect dialect)
    {
        _dialect = dialect;
        _tokenizer = new(dialect);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        _columns = new ColumnProfile?[header.Names.Count];
        for (var i = 0; i < _columns.Length; i++)
        {
            var name = header.Names[i];
            if (ColumnNames.Fault(name) is { } fault)
                _notes.Add($"Column {(i + 1).ToString(CultureInfo.InvariantCulture)} is left out, and ignored when the file is loaded: {fault}.");
            else if (!seen.Add(name))
                throw new CsvFileException("DUPLICATE_COLUMN", $"The header line names the column {SchemaFaults.Quote(name)} twice. Rename one of the two.");
            else
                _columns[i] = new ColumnProfile(name);
        }
        _leavesOut = _notes.Count > 0;
        _eventId = Array.Find(_columns, c => c is { Name: "event_id" });
        if (seen.Count == 0)
            throw new CsvFileException("BLANK_HEADER", "No column of the header line has a name that a model could have. Does the file begin with a header line?");
    }

    /// <param name="chunk">Whole rows.</param>
    /// <param name="firstRow">The number of the first.</param>
    /// <param name="lastRow">Rows after this one are not looked at.</param>
    /// <param name="cancellationToken">Looked at once a thousand rows or so.</param>
    public void Add(ReadOnlySpan<byte> chunk, long firstRow, long lastRow, CancellationToken cancellationToken)
    {
        int offset = 0, line = 0;
        var isText = IsText(chunk);
        _rows = firstRow - 1;
        while (offset < chunk.Length && _rows < lastRow)
        {
            cancellationToken.ThrowIfCancellationRequested();
            offset = _tokenizer.Read(chunk, offset, ref line, _batch);
            for (var i = 0; i < _batch.RowCount && _rows < lastRow; i++)
                AddRow(chunk, _batch.Rows[i], ++_rows, isText);
        }
    }

    void AddRow(ReadOnlySpan<byte> chunk, in RowSpan row, long number, bool isText)
    {
        var isBad = true;
        if (row.Fault != RowFault.None)
            Count(ref row.Fault == RowFault.TooLong ? ref _tooLong : ref _malformed, number);
        else if (!isText && !IsText(chunk[row.Start..row.End]) && !ModelFieldsAreText(chunk, row))
            Count(ref _notText, number);
        else
            isBad = AddFields(chunk, row, number);
        if (isBad)
            _rejected++;
    }

    /// <summary>True: the row will be rejected all the same.</summary>
    bool AddFields(ReadOnlySpan<byte> chunk, in RowSpan row, long number)
    {
        var isTooMany = row.FieldCount > _columns.Length && !_leavesOut;
        if (isTooMany)
            Count(ref _tooManyFields, number);
        var withoutId = _eventId?.Blanks;
        var start = row.Start;
        for (var i = 0; i < _columns.Length; i++)
        {
            if (i >= row.FieldCount)
            {
                _columns[i]?.AddMissing(number);
                continue;
            }
            var end = _batch.FieldEnds[row.FirstField + i];
            _columns[i]?.Add(Text(chunk[start..end]), number);
            start = end + 1;
        }
        return isTooMany || _eventId?.Blanks != withoutId;
    }

    ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        if (!CsvField.IsQuoted(field))
            return field;
        if (_scratch.Length < field.Length)
            _scratch = new byte[Math.Max(field.Length, 4096)];
        return CsvField.Unquote(field, _scratch);
    }

    /// <summary>Whatever is not text stands in columns that are left out.</summary>
    bool ModelFieldsAreText(ReadOnlySpan<byte> chunk, in RowSpan row)
    {
        if (!_leavesOut)
            return false;
        var start = row.Start;
        for (var i = 0; i < Math.Min(_columns.Length, row.FieldCount); i++)
        {
            var end = _batch.FieldEnds[row.FirstField + i];
            if (_columns[i] is not null && !IsText(chunk[start..end]))
                return false;
            start = end + 1;
        }
        return true;
    }

    static bool IsText(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);

    static void Count(ref (long Count, long First) fault, long row) => fault = (fault.Count + 1, fault.Count == 0 ? row : fault.First);

    public InferredSchema Decide(InferenceOptions options)
    {
        Note(_malformed, "quotes that do not match (MALFORMED_QUOTES)");
        Note(_tooLong, "more bytes than a row may have (ROW_TOO_LONG)");
        Note(_notText, "bytes that are not UTF-8 text (INVALID_ENCODING)");
        Note(_tooManyFields, "more fields than the header line (EXTRA_COLUMN)");
        if (_eventId is not null)
            Note((_eventId.Blanks, _eventId.FirstBlank), "no event_id (INVALID_EVENT_ID)");
        if (_rows == 0)
            _notes.Add("The file has no rows, so nothing is known about its columns but their names.");

        var columns = new List<InferredColumn>();
        foreach (var profile in _columns)
        {
            if (profile is null)
                continue;
            columns.Add(profile.Decide(options));
        }
        return new()
        {
            Columns = columns,
            IgnoreExtraColumns = _leavesOut,
            Rows = _rows,
            RejectedRows = _rejected,
            Delimiter = (char)_dialect.Delimiter,
            Notes = _notes,
        };
    }

    void Note((long Count, long First) fault, string what)
    {
        if (fault.Count > 0)
            _notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"{fault.Count:N0} {(fault.Count == 1 ? "row has" : "rows have")} {what} and will be rejected under any schema; the first is row {fault.First:N0}."));
    }
}
