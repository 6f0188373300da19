namespace Batch.ServiceDefaults.Processes;

/// <summary>Tells a full disk from other faults.</summary>
internal static class FullDisk
{
    const int NoSpace = 28, QuotaExceeded = 122;

    /// <summary>Whether it, or what it was caused by, is ENOSPC or EDQUOT. The engine's exceptions have the operating system's words only.</summary>
    public static bool IsReasonOf(Exception? fault) => fault is not null
        && (fault is IOException { HResult: NoSpace or QuotaExceeded }
            || fault.Message.Contains("No space left on device", StringComparison.Ordinal)
            || fault.Message.Contains("NOT_ENOUGH_SPACE", StringComparison.Ordinal)
            || IsReasonOf(fault.InnerException));
}
