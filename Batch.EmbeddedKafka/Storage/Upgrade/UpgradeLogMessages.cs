using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Storage.Upgrade;

internal static partial class UpgradeLogMessages
{
    [LoggerMessage(3221, LogLevel.Information, "The log in {Directory} has an older format; converting its {Bytes} bytes, once.")]
    public static partial void Upgrading(this ILogger logger, string directory, long bytes);

    [LoggerMessage(3222, LogLevel.Information, "Converted the log in {Directory}: {Records} records.")]
    public static partial void Upgraded(this ILogger logger, string directory, long records);

    [LoggerMessage(3223, LogLevel.Error, "{Partition}: the value of record {Offset} is damaged ({Path} byte {Position}); the record is skipped.")]
    public static partial void FormerValueDamaged(this ILogger logger, string partition, long offset, string path, long position);

    [LoggerMessage(3224, LogLevel.Error, "{Partition}: bytes {From} to {To} of {Path} are damaged; the records there, from offset {Offset} on, are lost.")]
    public static partial void FormerBytesSkipped(this ILogger logger, string partition, string path, long from, long to, long offset);

    [LoggerMessage(3225, LogLevel.Warning,
        "{Folder} has records that an older version wrote after the upgrade. They are not read; start that version to read them, or remove the folder.")]
    public static partial void FormerLeft(this ILogger logger, string folder);
}
