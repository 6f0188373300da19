using Batch.Csv.Cutting;
using Batch.Csv.Dialects;
using Batch.Csv.Export;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Primitives;

namespace Batch.Csv.Detection;

/// <summary>A file opened by its model: as it is told to be, or as its header line shows it to be.</summary>
/// <param name="Csv">At the first row.</param>
/// <param name="Dialect">How the file differs from plain CSV; null: not at all.</param>
/// <param name="Found">What nobody told, as a sentence for whoever sent the file; null where it was read as told.</param>
public sealed record DetectedUpload(CsvUpload Csv, FileDialect? Dialect, string? Found)
{
    /// <summary>Reads the head of a file. The same head, model and options open the same way again.</summary>
    /// <param name="file">CSV bytes, decompressed; stays the caller's.</param>
    /// <param name="schema">The model.</param>
    /// <param name="rules">Of the job.</param>
    /// <param name="given">What the job says of its file, over what the model says.</param>
    /// <param name="ignoreExtraColumns">Columns that the model does not have may be there.</param>
    /// <exception cref="CsvFileException">The file cannot be read as CSV, or AMBIGUOUS_DIALECT: its header line fits in two ways.</exception>
    public static async Task<DetectedUpload> OpenAsync(
        Stream file, ModelSchema schema, RowRules rules, FileDialect? given, bool ignoreExtraColumns, ChunkerOptions options, ByteBudget budget,
        CancellationToken cancellationToken)
    {
        var told = DialectOptions.Of(given, schema.Dialect);
        var head = new RememberedHead(file);
        CsvUpload? csv = null;
        CsvFileException? fault = null;
        try
        {
            csv = await ToldAsync(head, schema, rules, told, options, budget, cancellationToken);
            if (Fits(csv, schema, ignoreExtraColumns))
            {
                head.Forget();
                return new(csv, told, null);
            }
        }
        catch (CsvFileException unreadable)
        {
            fault = unreadable;
        }

        var found = head.IsComplete ? new DialectSearch(schema, given, ignoreExtraColumns).Find(head.Bytes.Span, head.HasEnded) : [];
        if (found.Count == 0)
        {
            head.Forget();
            return csv is null ? throw fault! : new(csv, told, null);
        }
        if (csv is not null)
            await csv.DisposeAsync();
        if (found.Count > 1)
            throw FileFaults.Ambiguous(FoundDialect.Name(found[0]), FoundDialect.Name(found[1]));
        var again = new Streams.PrependedStream(head.Bytes.ToArray(), file, leaveOpen: true);
        var dialect = DialectOptions.Of(found[0], null);
        return new(await ToldAsync(again, schema, rules, dialect, options, budget, cancellationToken), dialect, FoundDialect.Say(dialect, told));
    }

    /// <summary>Opens a file as it is told to be, and not otherwise.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public static Task<CsvUpload> ToldAsync(
        Stream file, ModelSchema schema, RowRules rules, FileDialect? dialect, ChunkerOptions options, ByteBudget budget,
        CancellationToken cancellationToken) =>
        CsvUpload.OpenAsync(file, dialect is null ? rules.Dialect((byte)',') : rules.Dialect(dialect.DelimiterByte, dialect),
            FileHead.Of(dialect, schema.Columns.Select(column => column.Name)), options, budget, cancellationToken);

    static bool Fits(CsvUpload csv, ModelSchema schema, bool ignoreExtraColumns) =>
        ExportColumns.Lead(csv.Header) || ExportColumns.Forgive(ColumnMapping.Map(csv.Header.Names, schema, ignoreExtraColumns)).Fits;
}
