using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>What the partitions of a store share.</summary>
internal sealed class StoreContext(StoreOptions options, LogDisk disk, ILogger logger, TimeProvider time)
{
    /// <summary>Files of segments that are kept open. Far below the usual limit of a process, far above what is read and written at once.</summary>
    const int MaxOpenFiles = 512;

    public StoreOptions Options => options;
    public LogDisk Disk => disk;
    public ILogger Logger => logger;
    public TimeProvider Time => time;
    public OpenFiles Files { get; } = new(MaxOpenFiles);
    public LogWriter Writer { get; set; } = null!;

    /// <summary>Unix milliseconds.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
