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
    readonly Dictionary<(int Column, RejectCode Code), RejectKind> _kinds = [];

    public ChunkPlan(ChunkHeader header, ModelSchema schema, int batchRows, PagePool pool)
    {
        (_schema, _mapping, _dialect) = (schema, header.Mapping, DialectOf(header));
        Tokenizer = new CsvTokenizer(_dialect);
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
        ExtraField = RejectKind.OfExtraField(_mapping.Count);
    }

    public CsvTokenizer Tokenizer { get; }

    /// <summary>In the order of the model's columns.</summary>
    public List<ColumnEncoder> Encoders { get; } = [];

    public IReadOnlyList<string> DataColumns { get; }

    /// <summary>Number of fields a row should have.</summary>
    public int FileColumns => _mapping.Count;

    /// <summary>A row may have more fields: what the header does not name is skipped like a column that the model does not know.</summary>
    public bool IgnoresExtraFields { get; }

    public int EventIdField { get; } = -1;

    public RejectKind MalformedQuotes { get; } = RejectKind.OfRow(RejectCode.MalformedQuotes);

    public RejectKind RowTooLong { get; } = RejectKind.OfRow(RejectCode.RowTooLong);

    public RejectKind ExtraField { get; }

    /// <summary>An error in the column of the n-th encoder.</summary>
    public RejectKind Kind(int encoder, RejectCode code)
    {
        if (!_kinds.TryGetValue((encoder, code), out var kind))
            _kinds.Add((encoder, code), kind = RejectKind.Of(Encoders[encoder].Column, code));
        return kind;
    }

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
