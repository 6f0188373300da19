using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Inference;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Primitives;
using static Batch.Tests.Schema.Inferences;

namespace Batch.Tests.Schema;

/// <summary>The promise of inference, held against the validator that loads the file.</summary>
[Trait("Tier", "unit")]
public sealed class InferredSchemaAcceptsItsFileTests
{
    [Fact]
    public async Task A_model_of_the_inferred_schema_accepts_every_row_that_any_schema_could_accept()
    {
        var types = new HashSet<string>();
        var (rejected, misfits) = (0L, 0L);
        for (var seed = 0; seed < 1_500; seed++)
        {
            var (csv, delimiter) = new RandomCsv(seed).Write();
            var options = new InferenceOptions
            {
                Dialect = delimiter is { } given ? new() { Delimiter = ((char)given).ToString() } : null,
                MaxRowBytes = 4_096,
                MinCategoryRows = 30,
                MinRepetition = 8,
                IgnoreUnusableColumns = true,
                ClosedCategories = seed % 2 == 0
            };
            var inferred = await InferAsync(csv, options);
            rejected += inferred.RejectedRows;
            types.UnionWith(inferred.Columns.Select(c => c.Column.TypeName + (c.Column.Optional ? "?" : "")));

            var fromJson = Parse(inferred.ToJsonSchema());
            var fromMap = Parse(inferred.ToClickHouse(), inferred.IgnoreExtraColumns ? "ignore" : null);
            Assert.Equal(ModelSchemaJson.Serialize(fromJson), ModelSchemaJson.Serialize(fromMap));
            Assert.Equal(inferred.Columns.Select(c => Short(c.Column)), fromJson.Columns.Select(Short));

            // Exempt are the rows that no schema could accept and those that were reported, which are one in a hundred of the others at most.
            var (rows, errors, why) = await ValidateAsync(csv, inferred.Delimiter, fromJson);
            var mostMisfits = inferred.Columns.Max(c => c.Misfits?.Count ?? 0);
            misfits += inferred.MisfitRows;
            Assert.True(rows == inferred.Rows && errors >= inferred.RejectedRows + mostMisfits && errors <= inferred.RejectedRows + inferred.MisfitRows
                && inferred.MisfitRows * 100 <= rows - inferred.RejectedRows,
                $"seed {seed}: {errors} of {rows} rows rejected, {inferred.RejectedRows} of {inferred.Rows} expected and {inferred.MisfitRows} misfits; {why}; {inferred.ToJsonSchema()}");
        }

        // The files have shown all there is, and bad rows too.
        Assert.Superset(
            new HashSet<string>
            {
                "STRING", "STRING?", "INTEGER", "INTEGER?", "FLOAT", "FLOAT?", "BOOLEAN", "BOOLEAN?", "TIMESTAMP", "TIMESTAMP?",
                "CATEGORY", "CATEGORY?", "VECTOR", "VECTOR?"
            }, types);
        Assert.True(rejected > 1_000 && misfits > 50, $"{rejected} rejected, {misfits} misfits");
    }

    static async Task<(long Rows, long Errors, string Why)> ValidateAsync(byte[] csv, char delimiter, ModelSchema schema)
    {
        using var stream = new MemoryStream(csv);
        var dialect = new CsvDialect((byte)delimiter, 4_096);
        await using var upload = await CsvUpload.OpenAsync(stream, dialect, new() { ChunkBytes = 64 << 10 }, new ByteBudget(1 << 20), CancellationToken.None);
        var header = ColumnMapping.Map(upload.Header.Names, schema, ignoreExtraColumns: false);
        if (!header.Fits)
            return (-1, -1, string.Join("; ", header.Faults.Select(f => f.Message)));
        using var validator = new ChunkValidator();
        long rows = 0, errors = 0;
        var why = new List<string>();
        await foreach (var chunk in upload.ReadChunksAsync(CancellationToken.None))
        {
            using (chunk)
            {
                var validated = validator.Validate(
                    new ChunkRows
                    {
                        Bytes = chunk.Bytes, Count = chunk.Rows, FirstRow = chunk.FirstRow, FirstLine = chunk.FirstLine, Dialect = upload.Dialect,
                        Mapping = header.Mapping, HeaderLine = upload.Header.RawLine,
                    }, schema, CancellationToken.None);
                rows += validated.Rows;
                errors += validated.Errors;
                why.AddRange(validated.ErrorCounts.Select(e => e.ToString()!));
            }
        }
        return (rows, errors, string.Join("; ", why));
    }
}
