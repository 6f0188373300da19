namespace Batch.Worker;

/// <summary>Log messages of a worker. A healthy one logs its start and stop.</summary>
internal static partial class WorkerLogMessages
{
    [LoggerMessage(2001, LogLevel.Debug, "Member {Member} joined the group.")]
    public static partial void MemberStarted(ILogger logger, int member);

    [LoggerMessage(2002, LogLevel.Debug, "Member {Member} left the group.")]
    public static partial void MemberStopped(ILogger logger, int member);

    [LoggerMessage(2003, LogLevel.Warning, "The worker cannot start yet; retrying. {Reason}")]
    public static partial void WaitingToStart(ILogger logger, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "Chunks wait until the fault has passed; nothing is given up. {Waiting}")]
    public static partial void ChunksWait(ILogger logger, string waiting, Exception? exception);

    [LoggerMessage(2005, LogLevel.Warning, "Chunk {Ordinal} of job {JobId} failed, attempt {Attempt} of {MaxAttempts}.")]
    public static partial void ChunkFailed(ILogger logger, string jobId, int ordinal, int attempt, int maxAttempts, Exception exception);

    [LoggerMessage(2006, LogLevel.Error,
        "Chunk {Ordinal} of job {JobId} became a dead letter after {Attempts} attempts; its rows are abandoned and its job has failed.")]
    public static partial void ChunkDead(ILogger logger, string jobId, int ordinal, int attempts, Exception exception);

    [LoggerMessage(2007, LogLevel.Error,
        "The record at {Topic}/{Partition}/{Offset} is not a chunk that this version can read; it is kept as a dead letter. {Reason}")]
    public static partial void RecordUnreadable(ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(2008, LogLevel.Information, "The record at {Topic}/{Partition}/{Offset} was left uncommitted and will be redelivered: {Reason}")]
    public static partial void ChunkLeftUncommitted(ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(2009, LogLevel.Error, "Member {Member} of group {Group} failed; it starts again, and takes up what it has not committed.")]
    public static partial void MemberFailed(ILogger logger, int member, string group, Exception exception);
}
