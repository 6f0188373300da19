using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Storage;

internal static partial class StorageLog
{
    [LoggerMessage(3201, LogLevel.Information, "Log opened in {Directory}: {Topics} topics, {Partitions} partitions, {Bytes} bytes.")]
    public static partial void Opened(this ILogger logger, string directory, int topics, int partitions, long bytes);

    [LoggerMessage(3202, LogLevel.Warning, "{Path}: an append that was never acknowledged was cut off at the end ({Bytes} bytes from byte {Position}).")]
    public static partial void TailCut(this ILogger logger, string path, long bytes, long position);

    [LoggerMessage(3203, LogLevel.Error, "{Partition}: the batch of offsets {First} to {Last} is not what was written ({Path} byte {Position}). It is delivered as it is; clients that check its checksum refuse it.")]
    public static partial void BatchDamaged(this ILogger logger, string partition, long first, long last, string path, long position);

    [LoggerMessage(3204, LogLevel.Error, "{Partition}: bytes {From} to {To} of {Path} are damaged and skipped; the records of offsets {First} to {Last} that stood there are lost.")]
    public static partial void BytesSkipped(this ILogger logger, string partition, long from, long to, string path, long first, long last);

    [LoggerMessage(3205, LogLevel.Error, "{Partition}: an append failed and was undone. {Reason}")]
    public static partial void AppendFailed(this ILogger logger, string partition, string reason, Exception? exception);

    [LoggerMessage(3206, LogLevel.Warning, "{Partition}: room could not be given back; it will be tried again.")]
    public static partial void TrimFailed(this ILogger logger, string partition, Exception exception);

    [LoggerMessage(3207, LogLevel.Warning, "{Partition}: the sequences of its producers could not be saved. After a crash, a batch that is sent again may be stored twice.")]
    public static partial void ProducersNotSaved(this ILogger logger, string partition, Exception exception);

    [LoggerMessage(3208, LogLevel.Error, "{Path} is not what was written: {Consequence}")]
    public static partial void FileDamaged(this ILogger logger, string path, string consequence);

    [LoggerMessage(3209, LogLevel.Warning, "{Path} could not be removed; it will be tried again at the next start.")]
    public static partial void NotRemoved(this ILogger logger, string path, Exception exception);

    [LoggerMessage(3210, LogLevel.Error, "The log's writer met what it did not expect, and goes on.")]
    public static partial void WriterFailed(this ILogger logger, Exception exception);

    [LoggerMessage(3211, LogLevel.Information, "Appends to the log in {Directory} are taken again.")]
    public static partial void Healed(this ILogger logger, string directory);

    [LoggerMessage(3212, LogLevel.Warning, "{Partition}: offsets up to {Offset} were given to records that are lost, and are not given again.")]
    public static partial void OffsetsLeftOut(this ILogger logger, string partition, long offset);
}
