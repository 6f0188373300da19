using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Native;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation;

/// <summary>What chunks of the same model, version and header have in common: made once, used for all of them.</summary>
sealed class ChunkPlan
{
    readonly ModelSchema _schema;
    readonly IReadOnlyList<int> _mapping;
    readonly bool _padsShortRows;
    readonly FileDialect? _values;
    readonly byte[] _headerLine;
    readonly int _lastRequiredField = -1;
    readonly RejectKind?[] _kinds; // by encoder and code; one more row of them for errors of rows as a whole

    public ChunkPlan(ChunkRows rows, ModelSchema schema, int batchRows, PagePool pool)
    {
        (_schema, _mapping, Dialect, _padsShortRows) = (schema, rows.Mapping, rows.Dialect, rows.PadShortRows);
        (_headerLine, _values) = (rows.HeaderLine, rows.Values);
        Rows = new RowReader(Dialect, _headerLine, _mapping.Count);
        FileColumns = _mapping.Count;
        var fields = new int[schema.Columns.Count];
        Array.Fill(fields, -1);
        for (var i = 0; i < _mapping.Count; i++)
        {
            if (_mapping[i] < 0)
                continue;
            if (_mapping[i] >= fields.Length || fields[_mapping[i]] >= 0)
                throw new InvalidDataException($"The chunk's mapping does not fit the model: its column {i + 1} goes to {_mapping[i]}.");
            fields[_mapping[i]] = i;
        }

        for (var i = 0; i < fields.Length; i++)
        {
            var column = schema.Columns[i];
            if (column.Name == SpecialColumns.EventId)
                EventIdField = fields[i];
            if (column.MustHaveValue())
                _lastRequiredField = Math.Max(_lastRequiredField, fields[i]);
            // A column that may be left out and is: the table's default (NULL, []) fills it.
            if (fields[i] >= 0 || column.MustHaveValue())
            {
                Encoders.Add(ColumnEncoders.Create(column, fields[i], batchRows, pool));
                Rewriters.Add(ValueRewriter.Of(column, Dialect, _values));
            }
        }

        DataColumns = [.. Encoders.Select(encoder => encoder.Column.Name), JobColumnsEncoder.JobId, JobColumnsEncoder.Row];
        _kinds = new RejectKind?[(Encoders.Count + 1) * RejectCodes.Count];
        MalformedQuotes = OfRow(RejectCode.MalformedQuotes);
        RowTooLong = OfRow(RejectCode.RowTooLong);
        FieldCount = OfRow(RejectCode.FieldCount);
        RepeatedHeader = OfRow(RejectCode.RepeatedHeader);
        ExtraField = RejectKind.OfExtraField(NumberOf(Encoders.Count, RejectCode.ExtraColumn), _mapping.Count);
    }

    public RowReader Rows { get; }

    /// <summary>In the order of the model's columns.</summary>
    public List<ColumnEncoder> Encoders { get; } = [];

    /// <summary>For each of the encoders; null where it reads the values as they stand in the file.</summary>
    public List<ValueRewriter?> Rewriters { get; } = [];

    /// <summary>What is wrong with one field of a row, if anything.</summary>
    public RejectCode Check(int encoder, ReadOnlySpan<byte> chunk, FieldSlice slice, bool isText)
    {
        if (Rewriters[encoder] is not { } rewriter)
            return Encoders[encoder].Check(chunk, slice, isText);
        slice = rewriter.RewriteOne(chunk, slice);
        return Encoders[encoder].Check(rewriter.Text, slice, isText);
    }

    public IReadOnlyList<string> DataColumns { get; }

    /// <summary>Number of fields a row should have.</summary>
    public int FileColumns { get; }

    public CsvDialect Dialect { get; }

    public int EventIdField { get; } = -1;

    public RejectKind MalformedQuotes { get; }

    public RejectKind RowTooLong { get; }

    public RejectKind FieldCount { get; }

    public RejectKind RepeatedHeader { get; }

    public RejectKind ExtraField { get; }

    /// <summary>Numbers of kinds are below this.</summary>
    public int Kinds => _kinds.Length;

    /// <summary>An error in the column of the n-th encoder.</summary>
    public RejectKind Kind(int encoder, RejectCode code)
    {
        var number = NumberOf(encoder, code);
        return _kinds[number] ??= RejectKind.Of(number, Encoders[encoder].Column, code);
    }

    static int NumberOf(int encoder, RejectCode code) => encoder * RejectCodes.Count + (int)code;

    /// <summary>Whether a row of so many fields is rejected for that alone. One that lacks a required column is rejected for that.</summary>
    public bool IsTooShort(int fields) => fields < FileColumns && fields > _lastRequiredField && !_padsShortRows;

    RejectKind OfRow(RejectCode code) => RejectKind.OfRow(NumberOf(Encoders.Count, code), code);

    /// <summary>Gives the columns' memory back to the pool.</summary>
    public void Clear()
    {
        foreach (var encoder in Encoders)
            encoder.Clear();
    }

    public bool Fits(ChunkRows rows, ModelSchema schema) =>
        ReferenceEquals(schema, _schema) && rows.Dialect == Dialect && rows.PadShortRows == _padsShortRows && Equals(rows.Values, _values)
        && rows.HeaderLine.AsSpan().SequenceEqual(_headerLine)
        && (ReferenceEquals(rows.Mapping, _mapping) || rows.Mapping.SequenceEqual(_mapping));
}
