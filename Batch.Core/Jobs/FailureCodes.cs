namespace Batch.Core.Jobs;

/// <summary>Why a job is FAILED: the values of <c>failure_code</c>.</summary>
public static class FailureCodes
{
    /// <summary>The upload was interrupted, or its API died.</summary>
    public const string UploadInterrupted = "UPLOAD_INTERRUPTED";
    /// <summary>The header line does not fit the model; no row was validated.</summary>
    public const string HeaderFault = "HEADER_FAULT";
    /// <summary>Every row was validated and none was good.</summary>
    public const string NoGoodRows = "NO_GOOD_ROWS";
    /// <summary>More rows were rejected than the job allows.</summary>
    public const string ErrorBudgetExceeded = "ERROR_BUDGET_EXCEEDED";
    /// <summary>A chunk could not be processed and was set aside.</summary>
    public const string DeadLetter = "DEAD_LETTER";
    /// <summary>Rows were given up for an unknown reason.</summary>
    public const string RowsAbandoned = "ROWS_ABANDONED";
    /// <summary>The log has lost chunks before they were loaded: retention deleted them, or a segment was damaged.</summary>
    public const string LogLostChunks = "LOG_LOST_CHUNKS";
    /// <summary>The log did not answer; a chunk may be in it nevertheless.</summary>
    public const string LogUnavailable = "LOG_UNAVAILABLE";
    /// <summary>A fault in the API interrupted the upload; a chunk may be in the log nevertheless.</summary>
    public const string InternalError = "INTERNAL_ERROR";
    /// <summary>The load was resumed with a different file.</summary>
    public const string LabelContentDiffers = "LABEL_CONTENT_DIFFERS";
    public const string ModelDeleted = "MODEL_DELETED";
    /// <summary>The receipts do not add up to the rows that were uploaded.</summary>
    public const string ConservationBreach = "CONSERVATION_BREACH";
}
