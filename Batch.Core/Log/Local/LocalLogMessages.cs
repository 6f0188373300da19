using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Local;

internal static partial class LocalLogMessages
{
    [LoggerMessage(3001, LogLevel.Information, "Local log opened in {Directory}: {Partitions} partitions, {Bytes} bytes.")]
    public static partial void Opened(this ILogger logger, string directory, int partitions, long bytes);

    [LoggerMessage(3002, LogLevel.Warning, "{Path}: an append that was never acknowledged was cut off at the end ({Bytes} bytes from byte {Position}).")]
    public static partial void TailCut(this ILogger logger, string path, long bytes, long position);

    [LoggerMessage(3003, LogLevel.Error, "{Topic}/{Partition}: the value of record {Offset} is not what was written ({Path} byte {Position}). It is delivered marked as damaged.")]
    public static partial void ValueDamaged(this ILogger logger, string topic, int partition, long offset, string path, long position);

    [LoggerMessage(3004, LogLevel.Error, "{Topic}/{Partition}: bytes {From} to {To} of {Path} are damaged and skipped; the records from offset {Offset} on that stood there are lost.")]
    public static partial void BytesSkipped(this ILogger logger, string topic, int partition, string path, long from, long to, long offset);

    [LoggerMessage(3005, LogLevel.Error, "{Topic}/{Partition}: an append failed and was undone. {Reason}")]
    public static partial void AppendFailed(this ILogger logger, string topic, int partition, string reason, Exception? exception);

    [LoggerMessage(3006, LogLevel.Warning, "{Topic}/{Partition}: room that was consumed could not be given back; it will be tried again.")]
    public static partial void TrimFailed(this ILogger logger, string topic, int partition, Exception exception);

    [LoggerMessage(3007, LogLevel.Warning, "The positions of group {Group} could not be saved: after a restart, records since the last save are delivered again.")]
    public static partial void PositionsNotSaved(this ILogger logger, string group, Exception exception);

    [LoggerMessage(3008, LogLevel.Warning, "{Path} has no readable line: group {Group} starts again from the oldest record.")]
    public static partial void PositionsUnreadable(this ILogger logger, string path, string group);

    [LoggerMessage(3009, LogLevel.Error, "{Topic}/{Partition} cannot be read; it will be tried again.")]
    public static partial void ReadFailed(this ILogger logger, string topic, int partition, Exception exception);
}
