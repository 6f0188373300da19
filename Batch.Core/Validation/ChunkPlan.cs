using Batch.Core.Chunks;
using Batch.Core.Csv;
using Batch.Core.Schema;

namespace Batch.Core.Validation;

/// <summary>What chunks of the same model, version and header have in common: made once, used for all of them.</summary>
sealed class ChunkPlan
{
    readonly ModelSchema _schema;
    readonly IReadOnlyList<int> _mapping;
    readonly CsvDialect _dialect;
    readonly RejectKind?[] _kinds; // by encoder and code; one more row of them for errors of rows as a whole

    public ChunkPlan(ChunkHeader header, ModelSchema schema, int batchRows, PagePool pool)
    {
        (_schema, _mapping, _dialect) = (schema, header.Mapping, DialectOf(header));
        Tokenizer = new CsvTokenizer(_dialect);
        FileColumns = _mapping.Count;
        IgnoresExtraFields = schema.IgnoreExtraColumns;
        var fields = new int[schema.Columns.Count];
        Array.Fill(fields, -1);
        for (var i = 0; i < _mapping.Count; i++)
        {
            if (_mapping[i] < 0)
                IgnoresExtraFields = true;
            else if (_mapping[i] >= fields.Length || fields[_mapping[i]] >= 0)
                throw new InvalidDataException($"The chunk's mapping does not fit the model: its column {i + 1} goes to {_mapping[i]}.");
            else
                fields[_mapping[i]] = i;
        }

        for (var i = 0; i < fields.Length; i++)
        {
            var column = schema.Columns[i];
            if (column.Name == SpecialColumns.EventId)
                EventIdField = fields[i];
            // A column that may be left out and is: the table's default (NULL, []) fills it.
            if (fields[i] >= 0 || column.MustHaveValue())
                Encoders.Add(ColumnEncoders.Create(column, fields[i], batchRows, pool));
        }

        DataColumns = [.. Encoders.Select(encoder => encoder.Column.Name), JobColumnsEncoder.JobId, JobColumnsEncoder.Row];
        _kinds = new RejectKind?[(Encoders.Count + 1) * RejectCodes.Count];
        MalformedQuotes = RejectKind.OfRow(NumberOf(Encoders.Count, RejectCode.MalformedQuotes), RejectCode.MalformedQuotes);
        RowTooLong = RejectKind.OfRow(NumberOf(Encoders.Count, RejectCode.RowTooLong), RejectCode.RowTooLong);
        ExtraField = RejectKind.OfExtraField(NumberOf(Encoders.Count, RejectCode.ExtraColumn), _mapping.Count);
    }

    public CsvTokenizer Tokenizer { get; }

    /// <summary>In the order of the model's columns.</summary>
    public List<ColumnEncoder> Encoders { get; } = [];

    public IReadOnlyList<string> DataColumns { get; }

    /// <summary>Number of fields a row should have.</summary>
    public int FileColumns { get; }

    /// <summary>A row may have more fields: what the header does not name is skipped like a column that the model does not know.</summary>
    public bool IgnoresExtraFields { get; }

    public int EventIdField { get; } = -1;

    public RejectKind MalformedQuotes { get; }

    public RejectKind RowTooLong { get; }

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

    /// <summary>Gives the columns' memory back to the pool.</summary>
    public void Clear()
    {
        foreach (var encoder in Encoders)
            encoder.Clear();
    }

    public bool Fits(ChunkHeader header, ModelSchema schema) =>
        ReferenceEquals(schema, _schema) && DialectOf(header) == _dialect
        && (ReferenceEquals(header.Mapping, _mapping) || header.Mapping.SequenceEqual(_mapping));

    static CsvDialect DialectOf(ChunkHeader header) => new(header.Delimiter, header.MaxRowBytes);
}
