namespace Batch.Core.Jobs;

/// <summary>A job as one row: the join of its events (table <c>jobs</c>) and the fold over its receipts. Times in Unix milliseconds.</summary>
internal sealed record JobFacts
{
    public required string TenantId { get; init; }
    public required string JobId { get; init; }
    public string ModelId { get; init; } = "";
    public string ModelName { get; init; } = "";
    public int ModelVersion { get; init; }
    public string? FileName { get; init; }
    public string? Label { get; init; }
    public string? SourceJobId { get; init; }
    /// <summary>Base64.</summary>
    public string HeaderLine { get; init; } = "";
    public byte Delimiter { get; init; } = (byte)',';
    public long? MaxErrors { get; init; }
    public string Creator { get; init; } = "";
    public long? CreatedMs { get; init; }
    public long? UpdatedMs { get; init; }
    public long ReadMs { get; init; }

    public long? HeartbeatMs { get; init; }
    /// <summary>By the last heartbeat.</summary>
    public long UploadRows { get; init; }
    public long UploadChunks { get; init; }
    public long? UploadEndedMs { get; init; }
    /// <summary>Exact; set with <see cref="UploadEndedMs"/>.</summary>
    public long? TotalRows { get; init; }
    public long? TotalChunks { get; init; }
    public bool HeaderFault { get; init; }
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

    public long Receipts { get; init; }
    public long ReceiptRows { get; init; }
    public long ReceiptSuccess { get; init; }
    public long ReceiptErrors { get; init; }
    public long? LastOrdinal { get; init; }
    public long? FirstStartedMs { get; init; }
    public long? LastFinishedMs { get; init; }
}
