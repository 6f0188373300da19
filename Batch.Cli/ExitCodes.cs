namespace Batch.Cli;

/// <summary>What a script learns from <c>$?</c>. Documented in <c>--help</c>.</summary>
public static class ExitCodes
{
    /// <summary>Done; with <c>--wait</c>: every row was loaded.</summary>
    public const int Success = 0;
    /// <summary>The job failed or was cancelled, or something went wrong.</summary>
    public const int Failure = 1;
    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;
    /// <summary>Some rows were loaded, some rejected.</summary>
    public const int PartialSuccess = 3;
    /// <summary>The API key or tenant was not accepted.</summary>
    public const int Auth = 4;
    /// <summary>No such job, model or file.</summary>
    public const int NotFound = 5;
    /// <summary>No answer from the service.</summary>
    public const int Unreachable = 6;
    /// <summary><c>--timeout</c> ran out.</summary>
    public const int Timeout = 7;
    /// <summary><c>job verify</c>: the job is not over yet, so nothing is proven.</summary>
    public const int NotOver = 8;
    /// <summary>Ctrl-C.</summary>
    public const int Interrupted = 130;
}
