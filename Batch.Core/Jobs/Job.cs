using Batch.Client;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;

namespace Batch.Core.Jobs;

/// <summary>A job: its facts, and the state that follows from them. The whole state machine is in this file.</summary>
/// <remarks>
/// <para>No state is ever stored. Events add facts, receipts add up, and the state <em>follows</em>:</para>
/// <code>
/// PENDING ──chunk started──> RUNNING ──every chunk has its receipt──> SUCCESS | PARTIAL_SUCCESS | FAILED (no row good)
///    │                          │
///    └──────────────────────────┴── stop confirmed (cancelled, dead letter, model deleted, chunks lost) ──> CANCELLED | FAILED
///                                └── header fault, upload broken off, error budget exceeded ──> FAILED
/// </code>
/// <para>Two invariants. <em>Over is over</em>: a final state never changes, with one exception: a labelled job that
/// FAILED or was CANCELLED may be resumed by another upload of its file (<c>JobWriter.ResumeAsync</c>). Whatever ended it belonged to an
/// attempt, and no longer counts once there is a later one; finished chunks stay finished. Facts only grow, and the only
/// race, a stop against the last receipt, is decided by a handshake (see <c>JobWriter.StopAsync</c>): a stop that is
/// written but neither confirmed nor refused leaves the job undecided for some milliseconds, and it is shown as still open.
/// <em>Conservation</em>: once a job is over, success + errors + abandoned = total, at every moment.</para>
/// <para>To add a reason to fail: add its code to <see cref="FailureCodes"/>, its fact to <see cref="JobProjection"/>, and its line to
/// <see cref="Decide"/>, in order of precedence.</para>
/// </remarks>
public sealed record Job
{
    /// <summary>A stop that is neither confirmed nor refused after this long never will be: its writer died.</summary>
    internal static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    static readonly TimeSpan QuietBeforeAttempt = TimeSpan.FromSeconds(3);

    /// <summary>The last chunk of an interrupted upload is unknown: all are assumed to be in when nothing has arrived for this long.</summary>
    internal static readonly TimeSpan BrokenUploadQuietPeriod = TimeSpan.FromSeconds(30);
    /// <summary>No worker processes a chunk for longer without checking again whether its job is over, unless the worker is suspended.</summary>
    internal static readonly TimeSpan LongestInHand = TimeSpan.FromMinutes(2);

    internal Job(JobProjection facts) => Facts = facts;

    internal JobProjection Facts { get; }

    public JobKey Key => new(TenantId, JobId);
    public string TenantId => Facts.TenantId;
    public string JobId => Facts.JobId;
    public string ModelId => Facts.ModelId;
    public string ModelName => Facts.ModelName;
    public int ModelVersion => Facts.ModelVersion;
    public string? FileName => Facts.FileName;
    public string? Label => Facts.Label;
    /// <summary>The current upload.</summary>
    public JobAttempt Upload => new(Key, Facts.Attempt);
    public int? ChunkBytes => Facts.ChunkBytes;
    public int? MaxChunkRows => Facts.MaxChunkRows;
    public bool IgnoreExtraColumns => Facts.IgnoreExtraColumns;
    /// <summary>SHA-256 of the file in hex; null if unknown.</summary>
    public string? Digest => Facts.Digest;
    /// <summary>The upload's last heartbeat.</summary>
    public DateTimeOffset HeardOfAt => Time(Facts.HeartbeatMs) ?? CreatedAt;
    public string? SourceJobId => Facts.SourceJobId;
    /// <summary>Rows that a repair skipped; null if the job is not a repair.</summary>
    public long? AlreadyRepaired => Facts.AlreadyRepaired;
    /// <summary>The repair loads rows again that are already repaired.</summary>
    public bool Again => Facts.Again;
    /// <summary>The file's header line without its line break. Empty in lists: only <c>JobReader.FindAsync</c> reads it.</summary>
    public byte[] HeaderLine => Convert.FromBase64String(Facts.HeaderLine);
    public byte Delimiter => Facts.Delimiter;
    /// <summary>How its file differed from plain CSV; null: not at all.</summary>
    public FileDialect? Dialect => Facts.Dialect ?? (Delimiter == (byte)',' ? null : new() { Delimiter = ((char)Delimiter).ToString() });
    /// <summary>How its rows are told apart.</summary>
    public CsvDialect Grammar => Rules.Dialect(Delimiter, Facts.Dialect);
    public long? MaxErrors => Facts.MaxErrors;
    public RowRules Rules => Facts.Rules;
    /// <summary>Null until the upload has ended.</summary>
    public long? BlankLines => Facts.BlankLines;

    public DateTimeOffset CreatedAt => Time(Facts.CreatedMs) ?? DateTimeOffset.UnixEpoch;
    /// <summary>The last thing that happened to the job.</summary>
    public DateTimeOffset UpdatedAt => Time(Math.Max(Facts.UpdatedMs ?? 0, LastFinishedMs ?? 0)) ?? CreatedAt;
    /// <summary>ClickHouse's clock when the job was read: the "now" for <see cref="ToStatus"/>.</summary>
    public DateTimeOffset ReadAt => Time(Facts.ReadMs) ?? DateTimeOffset.UnixEpoch;

    public JobState State => Decide().State;
    /// <summary>One of <see cref="FailureCodes"/>, or the code that came with the failure; null if the job has not failed.</summary>
    public string? FailureCode => Decide().Code;
    public string? Failure => Decide().Message;
    /// <summary>Over: the state is final. The figures are too once <see cref="IsSettled"/>.</summary>
    public bool IsOver => State is not (JobState.Pending or JobState.Running);

    /// <summary>Rows loaded.</summary>
    public long Success => Facts.HeaderFault ? 0 : UsesSnapshot ? Facts.FinalSuccess : Facts.ReceiptSuccess;

    /// <summary>Rows rejected. A header fault rejects them all.</summary>
    public long Errors => Facts.HeaderFault ? Total : UsesSnapshot ? Facts.FinalErrors : Facts.ReceiptErrors;

    /// <summary>
    /// Rows neither loaded nor rejected. While the job is open, those whose receipts say so; once it is over, also those without a
    /// receipt: nobody will process them any more, or a chunk in progress at that moment may still load or reject them.
    /// </summary>
    public long Abandoned => IsOver ? Math.Max(0, Total - Success - Errors) : ReceiptRows - Success - Errors;

    /// <summary>Rows seen by the upload so far; exact once it has ended.</summary>
    public long Total
    {
        get
        {
            if (Facts.UploadEndedMs is not null)
                // After a failed upload, an unacknowledged chunk may turn out to be in the log.
                return Facts.UploadFailureCode is null ? Facts.TotalRows ?? 0 : Math.Max(Facts.TotalRows ?? 0, ReceiptRows);
            // The API died, or the job was stopped in mid-upload. Only what reached the log counts: once every known chunk
            // has its receipt, rows that were read but never appended are not counted.
            return IsOver && ReceiptsAreWhole ? ReceiptRows : Math.Max(Facts.UploadRows, ReceiptRows);
        }
    }

    /// <summary>Chunks that are done.</summary>
    public long Receipts => UsesSnapshot ? Facts.FinalReceipts : Facts.Receipts;

    /// <summary>The final counts have been written.</summary>
    public bool IsSettled => Facts.SettledMs is not null;

    /// <summary>Whether the size of the upload is known, so that the receipts can be compared with it.</summary>
    public bool UploadEnded => Facts.UploadEndedMs is not null;

    /// <summary>Every chunk known to be in the log has its receipt.</summary>
    /// <remarks>The first upload's chunks are numbered without gaps; a later one does not send finished chunks again.</remarks>
    internal bool ReceiptsAreWhole =>
        Facts.LostChunks > 0 || UploadEnded ? Receipts >= Facts.TotalChunks
        : Receipts >= Facts.UploadChunks && (Facts.Attempt > 0 || (Facts.LastOrdinal ?? -1) + 1 == Receipts);

    /// <summary>
    /// Over, and no row of it will be loaded any more: every chunk in the log has its receipt. An unknown chunk may turn up in the log if
    /// the upload's API died, or the log did not answer: all are assumed to be in when nothing has arrived for <see cref="BrokenUploadQuietPeriod"/>.
    /// A worker gives up a chunk once its job is over, so one still without a receipt after <see cref="LongestInHand"/> was lost.
    /// </summary>
    public bool IsFinal
    {
        get
        {
            if (!IsOver)
                return false;
            var quiet = ReadAt - UpdatedAt;
            var knowsItsChunks = UploadEnded && Facts.UploadFailureCode is not (FailureCodes.LogUnavailable or FailureCodes.InternalError);
            return quiet > LongestInHand || (ReceiptsAreWhole && (knowsItsChunks || quiet > BrokenUploadQuietPeriod));
        }
    }

    /// <summary>The only way in which a job that is over may continue.</summary>
    public bool MayBeCarriedOn => Label is not null && State is JobState.Failed or JobState.Cancelled;

    /// <summary>
    /// Over, and another attempt may begin. Weaker than <see cref="IsFinal"/>: an unknown chunk that is loaded late has the same token as its
    /// rows in the next attempt.
    /// </summary>
    public bool IsAtRest => IsOver && ReceiptsAreWhole
        && ((UploadEnded && Facts.UploadFailureCode is null) || ReadAt - UpdatedAt > QuietBeforeAttempt);

    /// <summary>
    /// What is wrong with the counts; null if they are right. For a job all of whose receipts are in: fewer rows than were
    /// uploaded are lost rows, more are rows counted twice.
    /// </summary>
    internal string? Breach =>
        !UploadEnded || Facts.HeaderFault || Facts.LostChunks > 0 ? null
        : ReceiptRows < Facts.TotalRows || (Facts.UploadFailureCode is null && (ReceiptRows > Facts.TotalRows || Receipts > Facts.TotalChunks))
            ? $"The receipts of {Receipts} chunks add up to {ReceiptRows} rows; the upload had {Facts.TotalRows} rows in {Facts.TotalChunks} chunks."
            : null;

    internal bool StopIsUndecided => Facts.StopState is not null && Facts.StopVerdict is null;

    // The snapshot saves reading the receipts of finished jobs. If a receipt may still change the counts, they are read anyway:
    // of chunks beyond the last known one, and of a chunk given up here that a worker believed dead has loaded after all.
    internal bool UsesSnapshot => IsSettled && UploadEnded && Facts.UploadFailureCode is null && Facts.LostChunks == 0
        && Facts.FinalRows == Facts.FinalSuccess + Facts.FinalErrors;

    /// <summary>Receipts of other chunks than the first may count: the events of the first chunk are not enough to know the job.</summary>
    internal bool DependsOnLaterChunks => !UsesSnapshot && !(UploadEnded && Facts.UploadFailureCode is null && Facts.TotalChunks <= 1);

    long ReceiptRows => UsesSnapshot ? Facts.FinalRows : Facts.ReceiptRows;
    long? FirstStartedMs => JobProjection.Earlier(Facts.StartedMs, UsesSnapshot ? Facts.FinalStartedMs : Facts.FirstStartedMs);
    internal long? LastFinishedMs => UsesSnapshot ? Facts.FinalFinishedMs : Facts.LastFinishedMs;

    /// <summary>The state, and for FAILED the reason, that follow from the facts.</summary>
    Decision Decide()
    {
        if (Facts.FinalState is { } final)
            return new(JobStates.Parse(final), Facts.FinalFailureCode, Facts.FinalFailure);
        if (Facts.StopState is { } stop)
        {
            if (Facts.StopVerdict == StopVerdicts.Confirmed)
                return JobStates.Parse(stop) == JobState.Cancelled
                    ? new(JobState.Cancelled, null, null)
                    : new(JobState.Failed, Facts.StopCode, Facts.StopMessage);
            if (Facts.StopVerdict is null && Facts.ReadMs - Facts.StopMs < StopTimeout.TotalMilliseconds)
                return Open();
        }
        return DecideWithoutStop() ?? Open();
    }

    /// <summary>What the job would be without the stop; null if it is not over.</summary>
    internal Decision? DecideWithoutStop()
    {
        if (Facts.HeaderFault)
            return new(JobState.Failed, FailureCodes.HeaderFault,
                $"The header line does not fit the model, so no row was loaded. {(Facts.HeaderCause is { } cause ? cause + " " : "")}The rejected rows say which columns.");
        if (Facts.UploadFailureCode is { } code)
            return new(JobState.Failed, code, Facts.UploadFailure);
        if (Facts.ReceiptErrors > Facts.MaxErrors)
            return new(JobState.Failed, FailureCodes.ErrorBudgetExceeded,
                $"{Facts.ReceiptErrors} rows were rejected; the job allows {Facts.MaxErrors}.");
        if (!UploadEnded || !ReceiptsAreWhole)
            return null;
        if (Breach is { } breach)
            return new(JobState.Failed, FailureCodes.ConservationBreach, breach);
        var abandoned = Facts.ReceiptRows - Facts.ReceiptSuccess - Facts.ReceiptErrors;
        if (abandoned > 0)
            return new(JobState.Failed, FailureCodes.RowsAbandoned, $"{abandoned} rows were never processed.");
        if (Facts.ReceiptErrors == 0)
            return new(JobState.Success, null, null);
        return Facts.ReceiptSuccess > 0
            ? new(JobState.PartialSuccess, null, null)
            : new(JobState.Failed, FailureCodes.NoGoodRows, Facts.ReceiptErrors == 1
                ? "The only row was rejected."
                : $"All {Facts.ReceiptErrors} rows were rejected.");
    }

    Decision Open() => new(Facts.StartedMs is not null || Facts.Receipts > 0 ? JobState.Running : JobState.Pending, null, null);

    /// <summary>The job as it goes over the wire.</summary>
    /// <param name="now">ClickHouse's now, <see cref="ReadAt"/>: waiting and processing times of an open job run up to it.</param>
    public JobStatus ToStatus(DateTimeOffset now)
    {
        var decision = Decide();
        var isOver = decision.State is not (JobState.Pending or JobState.Running);
        var end = isOver ? UpdatedAt : now;
        var started = Time(FirstStartedMs);
        var finished = isOver ? Time(LastFinishedMs) ?? UpdatedAt : now;
        var total = Total;
        var success = Success;
        return new()
        {
            JobId = JobId,
            TenantId = TenantId,
            ModelId = ModelId,
            ModelName = ModelName,
            ModelVersion = ModelVersion,
            Total = total,
            Success = success,
            Errors = Errors,
            Abandoned = Abandoned,
            BlankLines = BlankLines,
            Percent = total > 0 ? (int)(100 * (Int128)success / total) : decision.State == JobState.Success ? 100 : 0,
            State = decision.State,
            FailureCode = decision.Code,
            Failure = decision.Message,
            FileName = FileName,
            Label = Label,
            SourceJobId = SourceJobId,
            IgnoredColumns = Facts.IgnoredColumns,
            Warnings = Facts.Warnings,
            Dialect = Dialect.ToWire(),
            AlreadyRepaired = AlreadyRepaired,
            Attempt = Upload.Number == 0 ? null : Upload.Number,
            WaitingMs = Between(CreatedAt, started ?? end),
            ProcessingMs = started is { } start ? Between(start, finished) : 0,
            CreatedAt = CreatedAt,
            UpdatedAt = UpdatedAt,
        };
    }

    static long Between(DateTimeOffset from, DateTimeOffset to) => Math.Max(0, (long)(to - from).TotalMilliseconds);

    static DateTimeOffset? Time(long? milliseconds) =>
        milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;

    internal readonly record struct Decision(JobState State, string? Code, string? Message);
}
