using Batch.Api.Publishing;
using Batch.Core.Chunks;
using Batch.Core.Jobs;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Dialects;
using Batch.Csv.Validation;

namespace Batch.Api.Uploads;

/// <summary>A job about to be uploaded: what its chunks have in common.</summary>
internal sealed record UploadPlan(NewJob Job, ModelVersion Model, HeaderMapping Header, CsvDialect Dialect)
{
    /// <summary>Longest header line embedded in a record; longer ones could exceed broker limits.</summary>
    public const int LongestHeaderLine = 16 << 10;

    readonly FileDialect? _rows = Job.Dialect?.OfRows();

    /// <summary>The file's columns fit the model, so its rows can be validated.</summary>
    public bool HeaderFits => Header.Faults.Count == 0;

    public JobKey Key => Job.Key;

    /// <summary>Which of the job's uploads this is.</summary>
    public JobAttempt Upload => new(Key, Attempt);

    public int Attempt { get; init; }

    /// <summary>What earlier attempts have loaded; null in the first.</summary>
    public LoadedChunks? Loaded { get; init; }

    /// <summary>Computed while the file is read, if the file may have to be recognized later.</summary>
    public FileDigest? Digest { get; init; }

    /// <summary>The whole job is one small, unlabelled chunk, and its record creates the job: nothing is written to ClickHouse before.</summary>
    public bool IsMadeByItsRecord { get; init; }

    /// <summary>Whether a record may create the job, if it is a single chunk.</summary>
    public bool MayBeMadeByItsRecord => Job.Label is null && HeaderFits && HeaderLineTravels;

    bool HeaderLineTravels => Job.HeaderLine.Length <= LongestHeaderLine;

    bool DescribesJob(OutgoingChunk chunk) => chunk.Ordinal == 0 && Attempt == 0 && HeaderLineTravels;

    /// <summary>What travels with one chunk.</summary>
    public ChunkHeader HeaderOf(OutgoingChunk chunk) => new()
    {
        Job = DescribesJob(chunk) ? Job.Describe() with { MakesJob = IsMadeByItsRecord } : null,
        TenantId = Key.TenantId,
        JobId = Key.JobId,
        ModelId = Model.ModelId,
        ModelVersion = Model.Version,
        Attempt = Attempt,
        Ordinal = chunk.Ordinal,
        FirstRow = chunk.FirstRow,
        FirstLine = chunk.FirstLine,
        Rows = chunk.Rows,
        Checksum = chunk.Checksum,
        Delimiter = Dialect.Delimiter,
        MaxRowBytes = Dialect.MaxRowBytes,
        Format = _rows is null ? ChunkHeaderCodec.OneChunk : ChunkHeaderCodec.OneChunkOfDialect,
        FileDialect = _rows,
        LiteralQuotes = Job.Rules.LiteralQuotes ? true : null,
        PadShortRows = Job.Rules.PadShortRows ? true : null,
        HeaderLine = HeaderLineTravels && !DescribesJob(chunk) ? Job.HeaderLine : null,
        Mapping = Header.Mapping,
        RowNumbers = chunk.RowNumbers,
        LineNumbers = chunk.LineNumbers,
        MaxErrors = Job.MaxErrors,
    };
}
