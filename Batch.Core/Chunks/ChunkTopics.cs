using System.Globalization;
using Batch.Core.Log;

namespace Batch.Core.Chunks;

/// <summary>Where chunks go: the one place that knows the topics and picks the partition.</summary>
/// <remarks>
/// An upload that fits in one small chunk goes express, so that it does not wait behind somebody's hundred gigabytes; workers
/// read the two topics apart from each other. The chunks of one job go round the partitions, from a start that differs by job: one big
/// upload occupies all workers, and many small ones spread.
/// </remarks>
public sealed class ChunkTopics(ILog log, ChunkTopicOptions options)
{
    public string Bulk { get; } = options.Prefix + ".chunks";
    public string Express { get; } = options.Prefix + ".chunks.express";

    // Two groups: small uploads do not wait for large chunks in progress, and a rebalance of one group does not disturb the other.
    public string BulkGroup { get; } = options.Group;
    public string ExpressGroup { get; } = options.Group + ".express";

    /// <summary>Makes the topics where they are missing; cheap while the log has them.</summary>
    /// <exception cref="LogUnavailableException">The log cannot be reached.</exception>
    public async ValueTask EnsureAsync(CancellationToken cancellationToken)
    {
        await log.EnsureTopicAsync(Express, options.ExpressPartitions, cancellationToken).ConfigureAwait(false);
        await log.EnsureTopicAsync(Bulk, options.Partitions, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The partition of a chunk. <see cref="EnsureAsync"/> must have succeeded.</summary>
    /// <param name="jobId">32 hex digits.</param>
    /// <param name="ordinal">Of the chunk within its job, from 0.</param>
    public LogPartition PartitionOf(string jobId, int ordinal, bool express)
    {
        var topic = express ? Express : Bulk;
        // Ids are random or hashes: their first digits spread as well as any hash of them would.
        var start = uint.Parse(jobId.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return new(topic, (int)((start + (ulong)ordinal) % (ulong)log.PartitionCount(topic)));
    }
}
