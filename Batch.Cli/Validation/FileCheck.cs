using System.Collections.Concurrent;
using System.Text;
using Batch.Client;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Csv.Detection;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Rejects;
using Batch.Primitives;

namespace Batch.Cli.Validation;

/// <summary>Holds a file against a schema on all cores, with the chunker and the validator that loading uses: what is good here is good there.</summary>
/// <remarks>
/// One thread cuts the file into chunks, as many as there are cores check one each, and their findings are taken in the order of the
/// file. A few chunks are in memory at a time, whatever the size of the file.
/// </remarks>
internal sealed class FileCheck(ModelSchema schema, ToldDialect told, bool ignoreExtraColumns, ErrorOutput output)
{
    /// <summary>Smaller than those of an upload: nothing is inserted, and what was found in a chunk is kept until those before it are done.</summary>
    const int ChunkBytes = 1 << 20;

    static readonly int Cores = Environment.ProcessorCount;

    FileDialect? _file;
    CsvDialect _dialect = schema.Rules.Dialect((byte)',');
    readonly ConcurrentBag<ChunkValidator> _validators = [];

    /// <param name="csv">Decompressed.</param>
    /// <param name="title">What the file is called.</param>
    /// <exception cref="CsvFileException">It cannot be read as CSV at all.</exception>
    public async Task<FileReport> RunAsync(Stream csv, string title, CancellationToken cancellationToken)
    {
        var budget = new ByteBudget((Cores + 3) * 2L * Math.Max(ChunkBytes, 2 * _dialect.MaxRowBytes));
        var options = new ChunkerOptions { ChunkBytes = ChunkBytes };
        var opened = await DetectedUpload.OpenAsync(csv, schema, schema.Rules, told, ignoreExtraColumns, options, budget, cancellationToken);
        await using var upload = opened.Csv;
        (_file, _dialect) = (opened.Dialect, upload.Dialect);
        output.BeginFile(title, upload.Header, _dialect);
        // An export of rejected rows is taken back as it left, with its two columns.
        var header = opened.Mapping;
        var report = header.Fits
            ? await CheckRowsAsync(upload, header, cancellationToken)
            : await RefuseAsync(upload, header, cancellationToken);
        output.EndFile();
        return report;
    }

    /// <summary>None of the rows would be loaded; they are counted, as a job counts them.</summary>
    async Task<FileReport> RefuseAsync(CsvUpload upload, HeaderMapping header, CancellationToken cancellationToken)
    {
        var kinds = new ErrorKinds();
        var page = output.NewPage();
        foreach (var fault in header.Faults)
        {
            kinds.AddHeader(fault);
            page?.Add(new RejectedError
            {
                Row = fault.Row, Line = fault.Line, Seq = fault.Seq, Column = fault.Column, Type = fault.Type, Error = fault.Error, Message = fault.Message,
                EventId = default, Observed = Encoding.UTF8.GetBytes(fault.Observed ?? ""), Raw = default,
            });
        }
        if (page is not null)
            output.Take(page);
        await upload.CountRowsAsync(cancellationToken);
        return new(upload.RowsSeen, upload.RowsSeen, header, kinds.MostFirst()) { Header = upload.Header };
    }

    async Task<FileReport> CheckRowsAsync(CsvUpload upload, HeaderMapping header, CancellationToken cancellationToken)
    {
        var kinds = new ErrorKinds();
        var (rows, bad) = (0L, 0L);
        var underWay = new Queue<Task<Findings>>();
        try
        {
            await foreach (var chunk in upload.ReadChunksAsync(cancellationToken))
            {
                if (underWay.Count > Cores)
                    await TakeAsync();
                var page = output.NewPage();
                underWay.Enqueue(Task.Run(() => Check(chunk, upload.Header, header, kinds, page, cancellationToken), CancellationToken.None));
            }
            while (underWay.Count > 0)
                await TakeAsync();
        }
        finally
        {
            // Nothing may use the output, or hold a chunk, once this has ended, however it ended.
            await Task.WhenAll(underWay).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        return new(rows, bad, header, kinds.MostFirst()) { Header = upload.Header };

        async Task TakeAsync()
        {
            var found = await underWay.Dequeue();
            rows += found.Rows;
            bad += found.Bad;
            kinds.Add(found.Counts, found.Firsts);
            if (found.Page is not null)
                output.Take(found.Page);
        }
    }

    Findings Check(RawChunk chunk, CsvHeader file, HeaderMapping header, ErrorKinds kinds, ErrorPage? page, CancellationToken cancellationToken)
    {
        if (!_validators.TryTake(out var validator))
            validator = new ChunkValidator();
        using (chunk)
        {
            var validated = validator.Validate(RowsOf(chunk, file, header), schema, cancellationToken);
            List<RejectedSummary> firsts = [];
            var unknown = validated.ErrorCounts.Where(count => !kinds.IsKnown(count)).Select(count => (count.Column, count.Error)).ToHashSet();
            var wanted = page is not null;
            if (validated.Errors > 0 && (wanted || unknown.Count > 0))
                validated.VisitErrors((in RejectedError error) =>
                {
                    if (unknown.Count > 0 && unknown.Remove((error.Column, error.Error)))
                        firsts.Add(ErrorKinds.Of(error));
                    wanted = wanted && page!.Add(error);
                    return wanted || unknown.Count > 0;
                });
            _validators.Add(validator);
            return new(validated.Rows, validated.Errors, validated.ErrorCounts, firsts, validated.Errors > 0 ? page : null);
        }
    }

    ChunkRows RowsOf(RawChunk chunk, CsvHeader file, HeaderMapping header) => new()
    {
        Bytes = chunk.Bytes, Count = chunk.Rows, FirstRow = chunk.FirstRow, FirstLine = chunk.FirstLine, Mapping = header.Mapping, HeaderLine = file.RawLine,
        Dialect = _dialect with { IsOneColumn = header.Mapping.Length == 1 }, PadShortRows = schema.Rules.PadShortRows,
        Values = _file,
    };

    /// <summary>What a chunk has shown.</summary>
    sealed record Findings(int Rows, int Bad, IReadOnlyList<ErrorCount> Counts, IReadOnlyList<RejectedSummary> Firsts, ErrorPage? Page);
}
