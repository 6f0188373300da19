using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Groups;

static partial class GroupLogMessages
{
    [LoggerMessage(3301, LogLevel.Information, "Member {Member} of group {Group} was removed: no heartbeat within {TimeoutMs} ms.")]
    public static partial void MemberExpired(this ILogger logger, string member, string group, int timeoutMs);

    [LoggerMessage(3302, LogLevel.Debug, "Group {Group} rebalances after generation {Generation}: {Reason}.")]
    public static partial void RebalanceStarted(this ILogger logger, string group, int generation, string reason);

    [LoggerMessage(3303, LogLevel.Warning, "The assignment of group {Group}, generation {Generation}, exceeds {Limit} bytes (MaxGroupBytes) and is refused.")]
    public static partial void AssignmentTooLarge(this ILogger logger, string group, int generation, int limit);

    [LoggerMessage(3304, LogLevel.Warning,
        "Could not save the members of group {Group}, generation {Generation}; after a restart of the broker they will rejoin.")]
    public static partial void MembersNotSaved(this ILogger logger, string group, int generation, Exception exception);

    [LoggerMessage(3305, LogLevel.Error,
        "{Path} cannot be written. Until it can, the group's commits are refused with COORDINATOR_NOT_AVAILABLE; clients retry them.")]
    public static partial void WriteFailed(this ILogger logger, string path, Exception exception);

    [LoggerMessage(3312, LogLevel.Information, "{Path} can be written again.")]
    public static partial void WritesAgain(this ILogger logger, string path);

    [LoggerMessage(3306, LogLevel.Error, "Unexpected error while writing groups.")]
    public static partial void UnexpectedFault(this ILogger logger, Exception exception);

    [LoggerMessage(3307, LogLevel.Error, "{Path}: bytes {From} to {To} are damaged and were skipped; later lines are used.")]
    public static partial void LinesDamaged(this ILogger logger, string path, long from, long to);

    [LoggerMessage(3308, LogLevel.Error, "{Path} has no readable line; its group restarts where its clients choose (auto.offset.reset).")]
    public static partial void FileUnreadable(this ILogger logger, string path);

    [LoggerMessage(3309, LogLevel.Warning,
        "The limit of {Limit} groups is reached (MaxGroups); group {Group} is refused with POLICY_VIOLATION. Groups without members and offsets are removed automatically, others by DeleteGroups.")]
    public static partial void TooManyGroups(this ILogger logger, int limit, string group);

    [LoggerMessage(3310, LogLevel.Information, "Imported {Count} offsets of group {Group} from {Path}.")]
    public static partial void FormerPositionsRead(this ILogger logger, int count, string group, string path);

    [LoggerMessage(3311, LogLevel.Warning, "Could not save the offsets imported from {Path}; it is read again at the next start.")]
    public static partial void FormerPositionsNotSaved(this ILogger logger, string path, Exception exception);
}
