using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Storage;

internal static partial class StorageLogMessages
{
    [LoggerMessage(3201, LogLevel.Information, "Log opened in {Directory}: {Topics} topics, {Partitions} partitions, {Bytes} bytes.")]
    public static partial void Opened(this ILogger logger, string directory, int topics, int partitions, long bytes);

    [LoggerMessage(3202, LogLevel.Warning,
        "{Path}: cut off {Bytes} bytes at the end, from byte {Position}, that hold no whole batch: an unacknowledged append, or damage.")]
    public static partial void TailCut(this ILogger logger, string path, long bytes, long position);

    [LoggerMessage(3204, LogLevel.Error,
        "{Partition}: bytes {From} to {To} of {Path} are damaged and skipped; the records at offsets {First} to {Last} are lost.")]
    public static partial void BytesSkipped(this ILogger logger, string partition, long from, long to, string path, long first, long last);

    [LoggerMessage(3205, LogLevel.Warning, "{Partition}: an append failed and was undone. {Reason}")]
    public static partial void AppendFailed(this ILogger logger, string partition, string reason, Exception? exception);

    [LoggerMessage(3206, LogLevel.Warning, "{Partition}: could not release disk space; retrying.")]
    public static partial void TrimFailed(this ILogger logger, string partition, Exception exception);

    [LoggerMessage(3207, LogLevel.Warning,
        "{Partition}: could not save its producers' sequences. After a crash, a batch that is sent again may be stored twice.")]
    public static partial void ProducersNotSaved(this ILogger logger, string partition, Exception exception);

    [LoggerMessage(3208, LogLevel.Error, "{Path} is damaged: {Consequence}")]
    public static partial void FileDamaged(this ILogger logger, string path, string consequence);

    [LoggerMessage(3209, LogLevel.Warning, "Could not remove {Path}; the next start tries again.")]
    public static partial void NotRemoved(this ILogger logger, string path, Exception exception);

    [LoggerMessage(3210, LogLevel.Error, "Unexpected error in the log writer; it continues.")]
    public static partial void WriterFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3211, LogLevel.Information, "The log in {Directory} accepts appends again.")]
    public static partial void Healed(this ILogger logger, string directory);

    [LoggerMessage(3212, LogLevel.Warning, "{Partition}: offsets up to {Offset} belong to lost records and are not reused.")]
    public static partial void OffsetsLeftOut(this ILogger logger, string partition, long offset);
}
