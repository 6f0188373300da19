using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Primitives;
using Batch.Tests.Validation;

namespace Batch.Tests.Differential;

/// <summary>What the chunker and the validator make of a file: the rows that would be loaded.</summary>
/// <param name="Rows">Values in the order of the model's columns, and the row as it stands in the file.</param>
/// <param name="Rejected">Rows that would be rejected; all of them where the header line does not fit.</param>
sealed record LoadedFile(IReadOnlyList<(string?[] Values, byte[] Raw)> Rows, long Rejected)
{
    static readonly ChunkerOptions Options = new() { ChunkBytes = 64 << 10 };
    static readonly ByteBudget Budget = new(16 << 20);

    public static async Task<LoadedFile> OfAsync(byte[] file, ModelSchema schema, byte delimiter, ChunkValidator validator)
    {
        var rows = new List<(string?[], byte[])>();
        var rejected = 0L;
        try
        {
            await using var upload = await CsvUpload.OpenAsync(new MemoryStream(file), new CsvDialect(delimiter), Options, Budget, default);
            var header = ColumnMapping.Map(upload.Header.Names, schema, ignoreExtraColumns: false);
            await foreach (var chunk in upload.ReadChunksAsync(default))
            {
                using (chunk)
                {
                    if (!header.Fits)
                    {
                        rejected += chunk.Rows;
                        continue;
                    }
                    var validated = validator.Validate(Chunk.Header(chunk.Rows, header.Mapping) with
                    {
                        FirstRow = chunk.FirstRow,
                        FirstLine = chunk.FirstLine,
                        Delimiter = delimiter,
                        HeaderLine = upload.Header.RawLine,
                    }, schema, chunk.Bytes, default);
                    rejected += validated.Errors;
                    if (validated.Data is not null)
                        rows.AddRange(RowsOf(NativeReader.Read(validated.Data), chunk, upload.Dialect));
                }
            }
        }
        catch (CsvFileException)
        {
            // Refused as a whole, before there is a job.
        }
        return new(rows, rejected);
    }

    static IEnumerable<(string?[], byte[])> RowsOf(IReadOnlyList<NativeReader.Column> columns, RawChunk chunk, CsvDialect dialect)
    {
        var raw = new List<byte[]>();
        var batch = new RowBatch();
        var (offset, line) = (0, 0);
        while (offset < chunk.Bytes.Length)
        {
            offset = new ScalarCsvTokenizer(dialect).Read(chunk.Bytes.Span, offset, ref line, batch);
            foreach (var row in batch.Rows[..batch.RowCount])
                raw.Add(chunk.Bytes.Span[row.Start..row.End].ToArray());
        }
        var numbers = columns[^1].Values;
        for (var i = 0; i < numbers.Count; i++)
            yield return ([.. columns.SkipLast(2).Select(column => column.Values[i])],
                raw[(int)(long.Parse(numbers[i]!, System.Globalization.CultureInfo.InvariantCulture) - chunk.FirstRow)]);
    }
}
