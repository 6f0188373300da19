using Batch.Csv.Cutting;
using Batch.Csv.Dialects;
using Batch.Csv.Export;
using Batch.Csv.Schema;
using Batch.Csv.Streams;
using Batch.Csv.Validation;
using Batch.Primitives;

namespace Batch.Csv.Detection;

/// <summary>A file opened by its model: as it is told to be, or as its header line shows it to be.</summary>
/// <param name="Csv">At the first row.</param>
/// <param name="Dialect">How the file differs from plain CSV; null: not at all.</param>
/// <param name="Mapping">How its columns go into the model's. A warning says what nobody told of the file and the header line showed.</param>
public sealed record DetectedUpload(CsvUpload Csv, FileDialect? Dialect, HeaderMapping Mapping)
{
    /// <summary>The file is an export of rejected rows.</summary>
    public bool IsExport => ExportColumns.Lead(Csv.Header);

    /// <summary>Reads the head of a file. The same head, model and options open the same way again.</summary>
    /// <param name="file">CSV bytes, decompressed; stays the caller's.</param>
    /// <param name="rules">Of the job.</param>
    /// <param name="ignoreExtraColumns">Columns that the model does not have may be there.</param>
    /// <exception cref="CsvFileException">The file cannot be read as CSV, or AMBIGUOUS_DIALECT: its header line fits in two ways.</exception>
    public static async Task<DetectedUpload> OpenAsync(
        Stream file, ModelSchema schema, RowRules rules, ToldDialect told, bool ignoreExtraColumns, ChunkerOptions options, ByteBudget budget,
        CancellationToken cancellationToken)
    {
        Task<DetectedUpload> AsAsync(Stream body, FileDialect? dialect) =>
            OpenAsync(body, schema, rules, dialect, ignoreExtraColumns, options, budget, cancellationToken);

        var all = told.All;
        if (!told.Detects)
            return await AsAsync(file, all);
        var head = new RememberedHead(file);
        DetectedUpload? upload = null;
        CsvFileException? fault = null;
        try
        {
            upload = await AsAsync(head, all);
        }
        catch (CsvFileException unreadable)
        {
            fault = unreadable;
        }

        var found = upload is { Mapping.Fits: true } or { IsExport: true } || !head.IsComplete ? []
            : new DialectSearch(schema, rules, told, ignoreExtraColumns).Find(head.Bytes.Span, head.HasEnded);
        if (found.Count == 0)
        {
            head.Forget();
            return upload ?? throw fault!;
        }
        if (upload is not null)
            await upload.Csv.DisposeAsync();
        if (found.Count > 1)
            throw FileFaults.Ambiguous(FoundDialect.Name(found[0]), FoundDialect.Name(found[1]));
        var dialect = found[0].Normalized();
        var again = await AsAsync(new PrependedStream(head.Bytes, file, leaveOpen: true), dialect);
        return again with { Mapping = again.Mapping with { Warnings = [FoundDialect.Say(dialect, all), .. again.Mapping.Warnings] } };
    }

    static async Task<DetectedUpload> OpenAsync(
        Stream file, ModelSchema schema, RowRules rules, FileDialect? dialect, bool ignoreExtraColumns, ChunkerOptions options, ByteBudget budget,
        CancellationToken cancellationToken)
    {
        var csv = await CsvUpload.OpenAsync(
            file, rules.Dialect(dialect), FileHead.Of(dialect, schema.Columns.Select(column => column.Name)), options, budget, cancellationToken);
        return new(csv, dialect, ExportColumns.Forgive(HeaderCause.Map(csv.Header, csv.Dialect, schema, ignoreExtraColumns)));
    }
}
