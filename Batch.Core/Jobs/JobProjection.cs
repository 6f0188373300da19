using System.Text.Json;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;

namespace Batch.Core.Jobs;

/// <summary>A job as one row: the fold of its events (table <c>job_events</c>), including its receipts. Times in Unix milliseconds.</summary>
internal sealed record JobProjection
{
    public required string TenantId { get; init; }
    public required string JobId { get; init; }
    public JobKey Key => new(TenantId, JobId);
    public string ModelId { get; init; } = "";
    public string ModelName { get; init; } = "";
    public int ModelVersion { get; init; }
    public string? FileName { get; init; }
    public string? Label { get; init; }
    public string? SourceJobId { get; init; }
    public long? AlreadyRepaired { get; init; }
    public bool Again { get; init; }
    /// <summary>Base64.</summary>
    public string HeaderLine { get; init; } = "";
    public byte Delimiter { get; init; } = (byte)',';
    public FileDialect? Dialect { get; init; }
    public long? MaxErrors { get; init; }
    public RowRules Rules { get; init; }
    public long? BlankLines { get; init; }
    public IReadOnlyList<string> IgnoredColumns { get; init; } = [];
    public IReadOnlyList<string> Warnings { get; init; } = [];
    public bool IgnoreExtraColumns { get; init; }
    /// <summary>How the upload was cut; null if it cannot be resumed.</summary>
    public int? ChunkBytes { get; init; }
    public int? MaxChunkRows { get; init; }
    public string Creator { get; init; } = "";
    /// <summary>Of the upload; 0 is the first. Only what happened in this one counts.</summary>
    public int Attempt { get; init; }
    /// <summary>Who opened it; in the first, the creator of the job.</summary>
    public string AttemptCreator { get; init; } = "";
    public long? CreatedMs { get; init; }
    /// <summary>A single-chunk job that was in the log before its creation was written.</summary>
    public bool IsSingleChunk { get; init; }
    public long? UpdatedMs { get; init; }
    public long ReadMs { get; init; }
    /// <summary>Of the ClickHouse server that answered; up to a second late.</summary>
    public long ServerStartedMs { get; init; }

    public long? HeartbeatMs { get; init; }
    /// <summary>By the last heartbeat.</summary>
    public long UploadRows { get; init; }
    public long UploadChunks { get; init; }
    public long? UploadEndedMs { get; init; }
    /// <summary>Exact; set with <see cref="UploadEndedMs"/>.</summary>
    public long? TotalRows { get; init; }
    public long? TotalChunks { get; init; }
    public bool HeaderFault { get; init; }
    /// <summary>The likely cause of a header fault; null if there is none.</summary>
    public string? HeaderCause { get; init; }
    /// <summary>SHA-256 of the file, in hex, if it had a label and was uploaded completely.</summary>
    public string? Digest { get; init; }
    public string? UploadFailureCode { get; init; }
    public string? UploadFailure { get; init; }
    public long? StartedMs { get; init; }

    public string? StopId { get; init; }
    public string? StopState { get; init; }
    public string? StopCode { get; init; }
    public string? StopMessage { get; init; }
    public long? StopMs { get; init; }
    public string? StopVerdict { get; init; }

    public long? SettledMs { get; init; }
    public string? FinalState { get; init; }
    public string? FinalFailureCode { get; init; }
    public string? FinalFailure { get; init; }
    public long FinalReceipts { get; init; }
    public long FinalRows { get; init; }
    public long FinalSuccess { get; init; }
    public long FinalErrors { get; init; }
    public long? FinalStartedMs { get; init; }
    public long? FinalFinishedMs { get; init; }
    /// <summary>Chunks that the log has lost and that have no receipt.</summary>
    public long LostChunks { get; init; }

    public long Receipts { get; init; }
    public long ReceiptRows { get; init; }
    public long ReceiptSuccess { get; init; }
    public long ReceiptErrors { get; init; }
    public long? LastOrdinal { get; init; }
    public long? FirstStartedMs { get; init; }
    public long? LastFinishedMs { get; init; }

    /// <summary>Folds a job's events, in any order and with any duplicates. Null if it was never created.</summary>
    public static JobProjection? Of(IEnumerable<ReadEventRow> events)
    {
        var all = events.ToLookup(row => row.Event);
        var (created, described) = (First(all[JobEvent.Created]), First(all[JobEvent.Chunk].Where(row => row.ModelId.Length > 0)));
        if ((created ?? described) is not { } origin)
            return null;
        var attempt = all.Max(group => JobEvent.AttemptOpenedBy(group.Key));
        ReadEventRow? OfAttempt(string name) => First(all[JobEvent.NameOf(name, attempt)]);
        var resumed = attempt == 0 ? null : OfAttempt(JobEvent.Resumed);
        var progress = all[JobEvent.Progress].Where(row => (Facts(row).Attempt ?? 0) == attempt).MaxBy(row => row.AtMs);
        var (ended, failed) = (OfAttempt(JobEvent.Ended), OfAttempt(JobEvent.Failed));
        var (stop, verdict, settled) = (OfAttempt(JobEvent.Stop), OfAttempt(JobEvent.Verdict), OfAttempt(JobEvent.Settled));
        var (about, uploaded, broken, asked, final) = (Facts(origin), Facts(ended), Facts(failed), Facts(stop), Facts(settled));
        var (seen, opened) = (Facts(progress), resumed is null ? about : Facts(resumed));
        var isSingleChunk = about.TotalChunks is not null;
        var chunks = ChunkFigures.Of(all.SelectMany(group => group)).ToList();
        // Of a chunk that an earlier attempt gave up, in whole or in part, only the rows in the tables count: the current one sends it again.
        var done = chunks.FindAll(chunk => chunk.IsDoneFor(attempt));
        var (success, errors) = (chunks.Sum(chunk => chunk.Success), chunks.Sum(chunk => chunk.Errors));
        return new()
        {
            TenantId = origin.TenantId,
            JobId = origin.JobId,
            ModelId = origin.ModelId,
            ModelName = about.ModelName ?? "",
            ModelVersion = about.ModelVersion ?? 0,
            FileName = about.FileName,
            Label = about.Label,
            SourceJobId = about.SourceJobId,
            AlreadyRepaired = about.AlreadyRepaired,
            Again = about.Again == 1,
            HeaderLine = origin.HeaderLine,
            Delimiter = about.Delimiter ?? (byte)',',
            Dialect = about.Dialect,
            MaxErrors = opened.MaxErrors,
            Rules = default(RowRules).With(about.Quotes, about.ShortRows),
            BlankLines = about.BlankLines ?? uploaded.BlankLines,
            IgnoredColumns = about.IgnoredColumns ?? [],
            Warnings = about.Warnings ?? [],
            IgnoreExtraColumns = about.IgnoreExtraColumns ?? false,
            ChunkBytes = about.ChunkBytes,
            MaxChunkRows = about.MaxChunkRows,
            Creator = about.Creator ?? "",
            Attempt = attempt,
            AttemptCreator = opened.Creator ?? "",
            CreatedMs = Larger(created?.AtMs, described?.AtMs),
            IsSingleChunk = isSingleChunk,
            UpdatedMs = all.Where(group => !IsAfterthought(group.Key)).SelectMany(group => group).Max(row => (long?)row.AtMs),
            ReadMs = origin.ReadMs,
            ServerStartedMs = origin.ServerStartedMs,
            HeartbeatMs = progress?.AtMs ?? (resumed ?? origin).AtMs,
            UploadRows = seen.UploadRows ?? 0,
            UploadChunks = seen.UploadChunks ?? 0,
            UploadEndedMs = Earlier(ended?.AtMs, failed?.AtMs) ?? (isSingleChunk ? origin.AtMs : null),
            // If it was recorded twice after a fault, the larger counts: rows that are in the log are there.
            TotalRows = Larger(about.TotalRows, Larger(uploaded.TotalRows, broken.TotalRows)),
            TotalChunks = Larger(about.TotalChunks, Larger(uploaded.TotalChunks, broken.TotalChunks)),
            HeaderFault = uploaded.HeaderFault == 1,
            HeaderCause = uploaded.HeaderCause,
            Digest = uploaded.Digest,
            UploadFailureCode = broken.UploadFailureCode,
            UploadFailure = broken.UploadFailure,
            StartedMs = First(all[JobEvent.Started])?.AtMs,
            StopId = asked.StopId,
            StopState = asked.StopState,
            StopCode = asked.StopCode,
            StopMessage = asked.StopMessage,
            StopMs = stop?.AtMs,
            StopVerdict = Facts(verdict).StopVerdict,
            SettledMs = settled?.AtMs,
            FinalState = settled?.FinalState,
            FinalFailureCode = final.FinalFailureCode,
            FinalFailure = final.FinalFailure,
            FinalReceipts = final.FinalReceipts ?? 0,
            FinalRows = final.FinalRows ?? 0,
            FinalSuccess = final.FinalSuccess ?? 0,
            FinalErrors = final.FinalErrors ?? 0,
            FinalStartedMs = final.FinalStartedMs,
            FinalFinishedMs = final.FinalFinishedMs,
            LostChunks = final.LostChunks ?? 0,
            Receipts = done.Sum(chunk => chunk.Chunks),
            ReceiptRows = done.Sum(chunk => chunk.Rows) + chunks.Where(chunk => !chunk.IsDoneFor(attempt)).Sum(chunk => chunk.Success + chunk.Errors),
            ReceiptSuccess = success,
            ReceiptErrors = errors,
            LastOrdinal = chunks.Max(chunk => (long?)chunk.Ordinal),
            FirstStartedMs = chunks.Min(chunk => (long?)chunk.StartedMs),
            LastFinishedMs = chunks.Max(chunk => (long?)chunk.FinishedMs),
        };
    }

    // Nor a receipt: a reading may leave those of later chunks out, and has their times by other means.
    static bool IsAfterthought(string rowName) =>
        JobEvent.IsReceipt(rowName) || rowName.StartsWith(JobEvent.Settled, StringComparison.Ordinal)
            || rowName.StartsWith(JobEvent.Verdict, StringComparison.Ordinal);

    static ReadEventRow? First(IEnumerable<ReadEventRow> rows) => rows.MinBy(row => row.AtMs);

    static JobEventData Facts(ReadEventRow? row) => row is null ? Nothing : FactsOf(row);

    internal static JobEventData FactsOf(ReadEventRow row) =>
        row.Facts.Length == 0 ? Nothing : JsonSerializer.Deserialize(row.Facts, JobJson.Default.JobEventData) ?? Nothing;

    static readonly JobEventData Nothing = new();

    internal static long? Earlier(long? a, long? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

    static long? Larger(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);
}
