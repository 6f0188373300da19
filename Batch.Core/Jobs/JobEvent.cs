using System.Text.Json.Serialization;

namespace Batch.Core.Jobs;

/// <summary>One event in the life of a job, as it is inserted: a partial row of the table <c>jobs</c>. What is null is not written.</summary>
internal sealed record JobEvent
{
    public const string Created = "created";
    public const string Progress = "progress";
    public const string Ended = "ended";
    public const string Started = "started";
    public const string Stop = "stop";
    public const string Verdict = "verdict";
    public const string Settled = "settled";

    public static readonly string[] Columns =
    [
        "tenant_id", "job_id", "event", "ago_ms", "creator", "model_id", "model_name", "model_version", "file_name", "label", "source_job_id",
        "header_line", "delimiter", "max_errors", "upload_rows", "upload_chunks", "total_rows", "total_chunks", "header_fault",
        "upload_failure_code", "upload_failure", "stop_id", "stop_state", "stop_code", "stop_message", "stop_verdict",
        "final_state", "final_failure_code", "final_failure", "final_receipts", "final_rows", "final_success", "final_errors",
        "final_started_ms", "final_finished_ms",
    ];

    public required string TenantId { get; init; }
    public required string JobId { get; init; }
    /// <summary>Which times ClickHouse sets; not stored.</summary>
    public required string Event { get; init; }
    /// <summary>How long ago it was, in milliseconds; not stored.</summary>
    public long? AgoMs { get; init; }

    public string? Creator { get; init; }
    public string? ModelId { get; init; }
    public string? ModelName { get; init; }
    public int? ModelVersion { get; init; }
    public string? FileName { get; init; }
    public string? Label { get; init; }
    public string? SourceJobId { get; init; }
    public string? HeaderLine { get; init; }
    public byte? Delimiter { get; init; }
    public long? MaxErrors { get; init; }

    public long? UploadRows { get; init; }
    public long? UploadChunks { get; init; }
    public long? TotalRows { get; init; }
    public long? TotalChunks { get; init; }
    public int? HeaderFault { get; init; }
    public string? UploadFailureCode { get; init; }
    public string? UploadFailure { get; init; }

    public string? StopId { get; init; }
    public string? StopState { get; init; }
    public string? StopCode { get; init; }
    public string? StopMessage { get; init; }
    public string? StopVerdict { get; init; }

    public string? FinalState { get; init; }
    public string? FinalFailureCode { get; init; }
    public string? FinalFailure { get; init; }
    public long? FinalReceipts { get; init; }
    public long? FinalRows { get; init; }
    public long? FinalSuccess { get; init; }
    public long? FinalErrors { get; init; }
    public long? FinalStartedMs { get; init; }
    public long? FinalFinishedMs { get; init; }
}

/// <summary>A receipt as it is inserted. ClickHouse sets the times: <see cref="DurationMs"/> before now, and now.</summary>
internal sealed record ReceiptRow(
    string TenantId, string JobId, int Ordinal, long DurationMs, long Rows, long Success, long Errors, string Worker)
{
    public static readonly string[] Columns = ["tenant_id", "job_id", "ordinal", "duration_ms", "rows", "success", "errors", "worker"];
}

/// <param name="ReceiptOf">The chunk whose receipt it is; -1: it is not a receipt but the job.</param>
internal sealed record GateRow(string TenantId, string JobId, long ReceiptOf, long? MaxErrors, int JobIsOver);

internal sealed record ErrorsRow(long Errors);

internal sealed record FiguresRow(
    string TenantId, string JobId, long Receipts, long ReceiptRows, long ReceiptSuccess, long ReceiptErrors, long LastOrdinal,
    long FirstStartedMs, long LastFinishedMs);

internal sealed record KeyRow(string TenantId, string JobId);

internal sealed record CountRow(long Rows, long DistinctRows);

internal sealed record RowNumber(long Number);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobEvent))]
[JsonSerializable(typeof(ReceiptRow))]
[JsonSerializable(typeof(JobFacts))]
[JsonSerializable(typeof(GateRow))]
[JsonSerializable(typeof(ErrorsRow))]
[JsonSerializable(typeof(FiguresRow))]
[JsonSerializable(typeof(KeyRow))]
[JsonSerializable(typeof(CountRow))]
[JsonSerializable(typeof(RowNumber))]
internal sealed partial class JobJson : JsonSerializerContext;
