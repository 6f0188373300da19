using Batch.Api.Publishing;
using Batch.Core.Chunks;
using Batch.Core.Jobs;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Validation;

namespace Batch.Api.Uploads;

/// <summary>A job about to be fed: what its chunks have in common.</summary>
internal sealed record UploadPlan(NewJob Job, ModelVersion Model, HeaderMapping Header, CsvDialect Dialect)
{
    /// <summary>Longest header line that a record carries beside its rows: longer ones could exceed what the log takes.</summary>
    public const int LongestHeaderLine = 16 << 10;

    /// <summary>The file's columns are the model's, so that its rows can be looked at.</summary>
    public bool HeaderFits => Header.Faults.Count == 0;

    public JobKey Key => Job.Key;

    /// <summary>Which of the job's uploads this is.</summary>
    public JobAttempt Upload => new(Key, Attempt);

    public int Attempt { get; init; }

    /// <summary>What earlier attempts have loaded; null where this is the first.</summary>
    public LoadedChunks? Loaded { get; init; }

    /// <summary>Taken while the file is read, where it may have to be known again.</summary>
    public FileDigest? Digest { get; init; }

    /// <summary>The job is all in one small chunk, whose record is to tell of it: nothing need be written before, but for a label, which has to be taken.</summary>
    public bool IsMadeByItsRecord { get; init; }

    /// <summary>Whether a record may make the job, if one chunk is all of it.</summary>
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
        LiteralQuotes = Dialect.Quotes == QuoteRule.Literal ? true : null,
        PadShortRows = Job.Rules.PadShortRows ? true : null,
        HeaderLine = HeaderLineTravels && !DescribesJob(chunk) ? Job.HeaderLine : null,
        Mapping = Header.Mapping,
        RowNumbers = chunk.RowNumbers,
        LineNumbers = chunk.LineNumbers,
        MaxErrors = Job.MaxErrors,
    };
}
