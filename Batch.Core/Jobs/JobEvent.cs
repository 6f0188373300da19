using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Batch.Core.Ids;
using Batch.Csv.Dialects;

namespace Batch.Core.Jobs;

/// <summary>One event in the life of a job: what happened, and the facts that it adds.</summary>
/// <remarks>
/// An event may be written more than once, after a fault or by several processes. Then the first counts; of
/// <see cref="Progress"/> the last, of <see cref="Chunk"/> the one with the most rows loaded or rejected. The table keeps one row of each name, so
/// events of a later attempt have other names (<see cref="RowName"/>).
/// </remarks>
internal sealed record JobEvent(JobKey Key, string Name, JobEventData Facts)
{
    /// <summary>Includes the rows and chunks of the upload if all of it is already in the log (<c>JobWriter.AcceptSingleChunkAsync</c>).</summary>
    public const string Created = "created";
    public const string Progress = "progress";
    /// <summary>The upload is complete.</summary>
    public const string Ended = "ended";
    /// <summary>The upload broke off.</summary>
    public const string Failed = "failed";
    public const string Started = "started";
    /// <summary>
    /// A chunk is done: its receipt, one per ordinal and attempt. The receipt of a single-chunk job has all that
    /// <see cref="Created"/> has, which may then be missing; its time is that of the upload.
    /// </summary>
    public const string Chunk = "chunk";
    public const string Stop = "stop";
    public const string Verdict = "verdict";
    public const string Settled = "settled";
    /// <summary>The load is resumed: a new attempt of the upload, whose events count from here on.</summary>
    public const string Resumed = "resumed";

    /// <summary>As the table knows it: <c>ended</c>, and of the second attempt after the first <c>ended#2</c>.</summary>
    public string RowName => NameOf(Name, Facts.Attempt ?? 0);

    /// <summary>Heartbeats keep their name: the last belongs to the current attempt, which is in its facts.</summary>
    public static string NameOf(string name, int attempt) =>
        attempt == 0 || name == Progress ? name : string.Create(CultureInfo.InvariantCulture, $"{name}#{attempt}");

    /// <summary>The attempt that a <see cref="Resumed"/> opens; 0 for the name of another event.</summary>
    public static int AttemptOpenedBy(string rowName) =>
        rowName.StartsWith(Resumed, StringComparison.Ordinal) ? int.Parse(rowName.AsSpan(Resumed.Length + 1), CultureInfo.InvariantCulture) : 0;

    public static bool IsReceipt(string rowName) => rowName.StartsWith(Chunk, StringComparison.Ordinal);

    /// <summary>Of a <see cref="Chunk"/>; that of every other event is 0.</summary>
    public int Ordinal { get; init; }

    /// <summary>When it happened: <see cref="Stopwatch.GetTimestamp"/> of this process.</summary>
    public long HappenedAt { get; init; } = Stopwatch.GetTimestamp();
}

/// <summary>The data of an event, as JSON in the column <c>facts</c>. Nulls are not written.</summary>
internal sealed record JobEventData
{
    /// <summary>Of the upload; absent: 0, the first.</summary>
    public int? Attempt { get; init; }
    public string? Creator { get; init; }
    public string? ModelName { get; init; }
    public int? ModelVersion { get; init; }
    public string? FileName { get; init; }
    public string? Label { get; init; }
    public string? SourceJobId { get; init; }
    /// <summary>Rows that a repair skipped.</summary>
    public long? AlreadyRepaired { get; init; }
    /// <summary>1: a repair that skips none.</summary>
    public int? Again { get; init; }
    public byte? Delimiter { get; init; }
    public FileDialect? Dialect { get; init; }
    public long? MaxErrors { get; init; }
    public string? Quotes { get; init; }
    public string? ShortRows { get; init; }
    public long? BlankLines { get; init; }
    public IReadOnlyList<string>? IgnoredColumns { get; init; }
    public IReadOnlyList<string>? Warnings { get; init; }
    public bool? IgnoreExtraColumns { get; init; }
    public int? ChunkBytes { get; init; }
    public int? MaxChunkRows { get; init; }

    public long? UploadRows { get; init; }
    public long? UploadChunks { get; init; }
    public long? TotalRows { get; init; }
    public long? TotalChunks { get; init; }
    public int? HeaderFault { get; init; }
    public string? HeaderCause { get; init; }
    /// <summary>SHA-256 of the file, in hex.</summary>
    public string? Digest { get; init; }
    public string? UploadFailureCode { get; init; }
    public string? UploadFailure { get; init; }

    // Of a receipt. Counts that are summed over many chunks are columns too, which the table computes from these.
    public long? Rows { get; init; }
    public long? Success { get; init; }
    public long? Errors { get; init; }
    /// <summary>From the event's time to taking the chunk, if that time is the upload's; else it is when the chunk was taken.</summary>
    public long? WaitedMs { get; init; }
    /// <summary>From the event's time to the receipt.</summary>
    public long? TookMs { get; init; }
    /// <summary>Of the bytes whose rows are in the tables.</summary>
    public uint? Checksum { get; init; }
    public string? Worker { get; init; }

    public string? StopId { get; init; }
    public string? StopState { get; init; }
    public string? StopCode { get; init; }
    public string? StopMessage { get; init; }
    public string? StopVerdict { get; init; }

    public string? FinalFailureCode { get; init; }
    public string? FinalFailure { get; init; }
    public long? FinalReceipts { get; init; }
    public long? FinalRows { get; init; }
    public long? FinalSuccess { get; init; }
    public long? FinalErrors { get; init; }
    public long? FinalStartedMs { get; init; }
    public long? FinalFinishedMs { get; init; }
    public long? LostChunks { get; init; }

    // Separate columns: the first are searched, and the last may be long and is rarely needed.
    [JsonIgnore]
    public string? ModelId { get; init; }
    [JsonIgnore]
    public string? FinalState { get; init; }
    /// <summary>Base64.</summary>
    [JsonIgnore]
    public string? HeaderLine { get; init; }

    /// <summary>What the event that makes a job says of it.</summary>
    public static JobEventData Of(NewJob job) => new()
    {
        Creator = BatchId.New(),
        ModelId = job.ModelId,
        ModelName = job.ModelName,
        ModelVersion = job.ModelVersion,
        FileName = job.FileName,
        Label = job.Label,
        SourceJobId = job.SourceJobId,
        AlreadyRepaired = job.AlreadyRepaired,
        Again = job.Again ? 1 : null,
        HeaderLine = Convert.ToBase64String(job.HeaderLine),
        Delimiter = job.Delimiter,
        Dialect = job.Dialect,
        MaxErrors = job.MaxErrors,
        Quotes = job.Rules.LiteralQuotes ? job.Rules.Quotes : null,
        ShortRows = job.Rules.PadShortRows ? job.Rules.ShortRows : null,
        BlankLines = job.BlankLines,
        IgnoredColumns = job.IgnoredColumns is { Count: > 0 } ignored ? ignored : null,
        Warnings = job.Warnings is { Count: > 0 } warnings ? warnings : null,
        ChunkBytes = job.ChunkBytes,
        MaxChunkRows = job.MaxChunkRows,
        IgnoreExtraColumns = job.IgnoreExtraColumns ? true : null,
    };
}
