namespace Batch.ServiceDefaults.Processes;

/// <summary>What whoever started the process learns from how it ended: whether another start can help.</summary>
internal static class ExitCode
{
    /// <summary>Told to stop, and stopped.</summary>
    public const int Stopped = 0;
    /// <summary>The user has something to mend; it is said in one sentence on standard error.</summary>
    public const int Refused = 1;
    /// <summary>EX_SOFTWARE: a fault that nobody foresaw, on standard error in one line. Another start can help.</summary>
    public const int UnexpectedFault = 70;
    /// <summary>EX_TEMPFAIL: what stands in the way may go by itself, a full disk for one. Another start can help.</summary>
    public const int NotNow = 75;
    /// <summary>Ctrl-C, a second time: at once.</summary>
    public const int Interrupted = 130;
}
