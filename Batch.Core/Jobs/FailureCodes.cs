namespace Batch.Core.Jobs;

/// <summary>Why a job is FAILED, as <c>failure_code</c> says it.</summary>
public static class FailureCodes
{
    /// <summary>The upload broke off, or the API that took it died.</summary>
    public const string UploadInterrupted = "UPLOAD_INTERRUPTED";
    /// <summary>The header line does not fit the model; no row was looked at.</summary>
    public const string HeaderFault = "HEADER_FAULT";
    /// <summary>Every row was looked at and none was good.</summary>
    public const string NoGoodRows = "NO_GOOD_ROWS";
    /// <summary>More rows were rejected than the job allows.</summary>
    public const string ErrorBudgetExceeded = "ERROR_BUDGET_EXCEEDED";
    /// <summary>A chunk could not be processed and was put aside.</summary>
    public const string DeadLetter = "DEAD_LETTER";
    /// <summary>Rows were given up, and nothing says why.</summary>
    public const string RowsAbandoned = "ROWS_ABANDONED";
    /// <summary>The log has lost chunks before they were loaded: retention deleted them, or a segment was damaged.</summary>
    public const string LogLostChunks = "LOG_LOST_CHUNKS";
    /// <summary>The log gave no answer; a chunk may be in it all the same.</summary>
    public const string LogUnavailable = "LOG_UNAVAILABLE";
    /// <summary>A fault in the API broke the upload off; a chunk may be in the log all the same.</summary>
    public const string InternalError = "INTERNAL_ERROR";
    /// <summary>The load was carried on with another file than it was begun with.</summary>
    public const string LabelContentDiffers = "LABEL_CONTENT_DIFFERS";
    public const string ModelDeleted = "MODEL_DELETED";
    /// <summary>The receipts do not add up to the rows that were uploaded.</summary>
    public const string ConservationBreach = "CONSERVATION_BREACH";
}
