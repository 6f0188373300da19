using Batch.Csv.Cutting;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Csv.Streams;
using Batch.Primitives;

namespace Batch.Csv.Inference;

/// <summary>Suggests a schema for a CSV file: the narrowest that accepts 99 of 100 rows that any schema could accept, and changes the value of none.</summary>
/// <remarks>
/// The whole file is read, in constant memory, by the chunker and tokenizer that loading uses, and every value is tried against the
/// parsers that validation uses; so what is suggested here is accepted there. The guarantee, and the rows that are exempt from it
/// (broken quotes, over-long, not UTF-8, more fields than the header line, no <c>event_id</c>, and the misfits that are reported), are what the
/// property test holds: a new rule of validation that this does not know fails there.
/// </remarks>
public static class SchemaInference
{
    const int HeadBytes = 64 << 10;

    /// <param name="csv">CSV bytes, decompressed; stays the caller's.</param>
    /// <param name="options">Dialect and what counts as a category.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CsvFileException">The file cannot be read as CSV at all, its header line has a name that no model can have, or it is a row.</exception>
    public static async Task<InferredSchema> InferAsync(Stream csv, InferenceOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxCategories, DistinctValues.MaxCount);
        if (options.Dialect?.Header == 0)
            throw new CsvFileException("NO_HEADER",
                "A file without a header line has no names for its columns. Write the schema, and give header=absent to its model.");
        var head = FileHead.Of(options.Dialect, []);
        await using var raw = await PrependedStream.PeekAsync(csv, HeadBytes, cancellationToken, leaveOpen: true);
        var text = head.TextOf(raw.Head.Span, csv, options.MaxRowBytes);
        await using var body = text is null ? raw : await PrependedStream.PeekAsync(text, HeadBytes, cancellationToken, leaveOpen: true);
        var delimiter = options.Dialect?.Delimiter is null ? DelimiterSniffer.Sniff(body.Head.Span, body.Head.Length < HeadBytes, options.MaxRowBytes)
            : options.Dialect.DelimiterByte;
        var dialect = default(RowRules).Dialect(delimiter, options.Dialect) with { MaxRowBytes = options.MaxRowBytes };

        var chunker = Chunker(options);
        var budget = options.Budget ?? new ByteBudget(2L * Math.Max(chunker.ChunkBytes, 2 * options.MaxRowBytes));
        await using var upload = await CsvUpload.OpenAsync(body, dialect, head with { Encoding = null, Footer = 0 }, chunker, budget, cancellationToken);

        var profile = new FileProfile(upload.Header, upload.Dialect, options);
        var lastRow = options.MaxRows ?? long.MaxValue;
        var isSample = false;
        var bytes = 0L;
        await foreach (var chunk in upload.ReadChunksAsync(cancellationToken))
        {
            using (chunk)
            {
                isSample = chunk.FirstRow + chunk.Rows - 1 > lastRow || bytes >= options.MaxBytes;
                if (chunk.FirstRow > lastRow || bytes >= options.MaxBytes)
                    break;
                profile.Add(chunk.Bytes.Span, chunk.FirstRow, lastRow, cancellationToken);
                bytes += chunk.Bytes.Length;
            }
            if (isSample)
                break;
        }
        return profile.Decide() with { IsSample = isSample };
    }

    /// <summary>Chunks no larger than what is asked for, so that little is read in vain.</summary>
    static ChunkerOptions Chunker(InferenceOptions options)
    {
        var chunker = new ChunkerOptions { MaxColumns = SchemaParser.MaxColumns };
        chunker.MaxChunkRows = (int)Math.Clamp(options.MaxRows ?? long.MaxValue, 1, chunker.MaxChunkRows);
        chunker.ChunkBytes = (int)Math.Clamp(options.MaxBytes ?? long.MaxValue, HeadBytes, chunker.ChunkBytes);
        return chunker;
    }
}
