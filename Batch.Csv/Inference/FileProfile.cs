using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Inference;

/// <summary>What a file has held so far: a <see cref="ColumnProfile"/> for each column, and the rows that no schema could accept.</summary>
sealed class FileProfile
{
    readonly CsvDialect _dialect;
    readonly InferenceOptions _options;
    readonly RowReader _reader;
    readonly RowBatch _batch = new();
    /// <summary>By field; null for a column that cannot be in a model.</summary>
    readonly ColumnProfile?[] _columns;
    readonly List<string> _notes = [];
    readonly ColumnProfile? _eventId;
    readonly int _eventIdField;
    readonly bool _leavesOut;
    byte[] _scratch = [];

    long _rows;
    long _rejected;
    (long Count, long First) _malformed, _tooLong, _notText, _tooManyFields, _tooFewFields, _repeatedHeaders;

    /// <exception cref="CsvFileException">A column cannot be in a model, and is not to be left out.</exception>
    public FileProfile(CsvHeader header, CsvDialect dialect, InferenceOptions options)
    {
        _dialect = dialect;
        _options = options;
        _reader = new(dialect, header.RawLine, header.Names.Count);
        _columns = new ColumnProfile?[header.Names.Count];
        var repeated = header.Names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key)
            .ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < _columns.Length; i++)
        {
            var name = header.Names[i];
            if (Fault(name, repeated.Contains(name)) is not { } fault)
                _columns[i] = new ColumnProfile(name);
            else if (options.IgnoreUnusableColumns)
                _notes.Add($"Column {Number(i + 1)} is omitted, and ignored when the file is loaded: {fault.Reason}.");
            else
                throw new CsvFileException(fault.Code, $"Column {Number(i + 1)} of the header line is invalid in a model: {fault.Reason}. "
                    + "Does the file begin with a header line? Fix it, or omit such columns (extra_columns=ignore).");
        }
        _leavesOut = _notes.Count > 0;
        _eventIdField = Array.FindIndex(_columns, c => c is { Name: "event_id" });
        _eventId = _eventIdField < 0 ? null : _columns[_eventIdField];
        if (Array.TrueForAll(_columns, column => column is null))
            throw new CsvFileException("BLANK_HEADER",
                "No column of the header line has a name that a model could have. Does the file begin with a header line?");
    }

    static (string Code, string Reason)? Fault(string name, bool isRepeated) =>
        name.Length == 0 ? ("BLANK_HEADER", "its name is blank")
        : isRepeated ? ("DUPLICATE_COLUMN", $"its name, {SchemaFaults.Quote(name)}, appears more than once")
        : ColumnNames.Fault(name) is { } fault ? ("INVALID_COLUMN_NAME", fault)
        : null;

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <param name="chunk">Whole rows.</param>
    /// <param name="firstRow">The number of the first.</param>
    /// <param name="lastRow">Rows after this one are not looked at.</param>
    /// <param name="cancellationToken">Looked at once a thousand rows or so.</param>
    public void Add(ReadOnlySpan<byte> chunk, long firstRow, long lastRow, CancellationToken cancellationToken)
    {
        int offset = 0, line = 0;
        var isOpen = false;
        var isText = IsText(chunk);
        _rows = firstRow - 1;
        while (offset < chunk.Length && _rows < lastRow)
        {
            cancellationToken.ThrowIfCancellationRequested();
            offset = _reader.Read(chunk, offset, ref line, ref isOpen, _batch);
            for (var i = 0; i < _batch.RowCount && _rows < lastRow; i++)
                AddRow(chunk, _batch.Rows[i], ++_rows, isText);
        }
    }

    void AddRow(ReadOnlySpan<byte> chunk, in RowSpan row, long number, bool isText)
    {
        var isBad = true;
        if (row.Fault != RowFault.None)
            Count(ref row.Fault == RowFault.TooLong ? ref _tooLong : ref row.Fault == RowFault.RepeatedHeader ? ref _repeatedHeaders : ref _malformed, number);
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
        if (row.FieldCount != _columns.Length)
        {
            Count(ref row.FieldCount > _columns.Length ? ref _tooManyFields : ref _tooFewFields, number);
            return true;
        }
        // Of a row that is rejected anyway nothing is to be learnt.
        if (_eventId is not null && IsBlank(chunk, row, _eventIdField))
        {
            _eventId.AddMissing(number);
            return true;
        }
        for (var i = 0; i < _columns.Length; i++)
        {
            var field = FieldOf(chunk, row, i);
            if (IsNull(field))
                _columns[i]?.AddMissing(number);
            else
                _columns[i]?.Add(Text(field), number);
        }
        return false;
    }

    bool IsBlank(ReadOnlySpan<byte> chunk, in RowSpan row, int i)
    {
        var field = FieldOf(chunk, row, i);
        return IsNull(field) || FieldParsers.Trim(Text(field)).IsEmpty;
    }

    /// <summary>Nothing, or \N as ClickHouse writes it; in quotes that is a text.</summary>
    static bool IsNull(ReadOnlySpan<byte> field) => field.IsEmpty || CsvField.IsNullMarker(field);

    ReadOnlySpan<byte> FieldOf(ReadOnlySpan<byte> chunk, in RowSpan row, int i)
    {
        var start = i == 0 ? row.Start : _batch.FieldEnds[row.FirstField + i - 1] + _dialect.DelimiterLength;
        return chunk[start.._batch.FieldEnds[row.FirstField + i]];
    }

    ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        if (_scratch.Length < field.Length)
            _scratch = new byte[Math.Max(field.Length, 4096)];
        return CsvField.Unquote(field, _dialect, _scratch);
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
            start = end + _dialect.DelimiterLength;
        }
        return true;
    }

    static bool IsText(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);

    static void Count(ref (long Count, long First) fault, long row) => fault = (fault.Count + 1, fault.Count == 0 ? row : fault.First);

    /// <exception cref="CsvFileException">NO_HEADER: the first line is a row.</exception>
    public InferredSchema Decide()
    {
        var profiles = _columns.OfType<ColumnProfile>().ToArray();
        var choices = Array.ConvertAll(profiles, profile => profile.Choose(_options));
        KeepListsApart(profiles, choices);
        var misfits = GiveUpMisfits(profiles, choices);
        if (!_options.TrustHeader && _rows > _rejected)
            CheckHeader(profiles, choices);

        Note(_malformed, "quotes that do not match (MALFORMED_QUOTES)");
        Note(_tooLong, "more bytes than a row may have (ROW_TOO_LONG)");
        Note(_notText, "bytes that are not UTF-8 text (INVALID_ENCODING)");
        Note(_tooManyFields, "more fields than the header line (EXTRA_COLUMN)");
        Note(_tooFewFields, "fewer fields than the header line (FIELD_COUNT, or MISSING_COLUMN if a required column is missing)");
        Note(_repeatedHeaders, "only the names of the header line again (REPEATED_HEADER)");
        if (_eventId is not null)
            Note((_eventId.Blanks, _eventId.FirstBlank), "no event_id (INVALID_EVENT_ID)");
        foreach (var (column, tally) in choices)
            if (tally?.Evidence is { } evidence)
                _notes.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{evidence.Count:N0} {(evidence.Count == 1 ? "row has a value" : "rows have values")} in {SchemaFaults.Quote(column.Name)} that {(evidence.Count == 1 ? "does" : "do")} not fit {column.TypeName} and would be rejected; the first is row {evidence.Row:N0}: {SchemaFaults.Quote(evidence.Value)}, {evidence.Reason}."));
        if (_rows == 0)
            _notes.Add("The file has no rows, so nothing is known about its columns but their names.");
        return new()
        {
            Columns = [.. profiles.Zip(choices,
                (profile, choice) => new InferredColumn(choice.Column, profile.Evidence(choice.Column), choice.Misfits?.Evidence))],
            IgnoreExtraColumns = _leavesOut,
            Rows = _rows,
            RejectedRows = _rejected,
            MisfitRows = misfits,
            Delimiter = (char)_dialect.Delimiter,
            Notes = _notes,
        };
    }

    /// <summary>Lists that could not stand in one table are texts.</summary>
    void KeepListsApart(ColumnProfile[] profiles, ColumnChoice[] choices)
    {
        if (ColumnNames.ListFault([.. choices.Select(choice => choice.Column)]) is not { } fault)
            return;
        for (var i = 0; i < choices.Length; i++)
            if (choices[i].Column.Type == ColumnType.Vector && choices[i].Column.Name.Contains('.', StringComparison.Ordinal))
                choices[i] = profiles[i].ChooseText(_options);
        _notes.Add($"Lists with a dot in their name are kept as texts: {fault}.");
    }

    /// <summary>One row in a hundred may be rejected for its values, over all columns together; a column for which there is no room left is a text.</summary>
    /// <returns>Rows that will be, at most.</returns>
    long GiveUpMisfits(ColumnProfile[] profiles, ColumnChoice[] choices)
    {
        var room = (_rows - _rejected) / 100;
        var misfits = 0L;
        foreach (var i in Enumerable.Range(0, choices.Length).OrderBy(i => choices[i].Rows))
        {
            if (misfits + choices[i].Rows <= room)
                misfits += choices[i].Rows;
            else
                choices[i] = profiles[i].ChooseText(_options);
        }
        return misfits;
    }

    /// <summary>A first line whose every field is like the values below it is a row; one of which some are may be.</summary>
    void CheckHeader(ColumnProfile[] profiles, ColumnChoice[] choices)
    {
        var looks = profiles.Zip(choices,
            (profile, choice) => (profile.Name, Cell: profile.Look(Encoding.UTF8.GetBytes(profile.Name), choice.Column), choice.Column)).ToList();
        var values = looks.FindAll(look => look.Cell == HeaderCell.Value);
        var isNamed = looks.Exists(look => look.Cell == HeaderCell.Name && look.Column.Type is not (ColumnType.String or ColumnType.Category));
        // A text that comes again is no sign on its own: a second header line is one too.
        if (isNamed || values.TrueForAll(look => look.Column.Type is ColumnType.String or ColumnType.Category))
            return;
        var like = string.Join(", ", values.Take(3).Select(look => SchemaFaults.Quote(look.Name)));
        if (!looks.Exists(look => look.Cell == HeaderCell.Name))
            throw new CsvFileException("NO_HEADER",
                $"The first line looks like a row, not like a header line: {like} {(values.Count == 1 ? "is" : "are")} like the values below. "
                + "Put a line of column names before it; if these are the names, say so (header=present).");
        _notes.Add(
            $"The first line may be a row, not a header line: {like} {(values.Count == 1 ? "is" : "are")} like the values below. If so, put a line of column names before it.");
    }

    void Note((long Count, long First) fault, string what)
    {
        if (fault.Count > 0)
            _notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"{fault.Count:N0} {(fault.Count == 1 ? "row has" : "rows have")} {what} and will be rejected under any schema; the first is row {fault.First:N0}."));
    }
}
