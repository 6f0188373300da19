using Batch.Core.Log;

namespace Batch.Core.Chunks;

/// <summary>Which topic and partition a chunk travels on. API and workers agree here.</summary>
/// <remarks>
/// Small uploads take a topic of their own that workers serve first, so that 100 rows do not wait behind somebody's gigabyte.
/// The chunks of one job go round all partitions, so that one big job uses all workers.
/// </remarks>
public static class ChunkTopics
{
    public const string Bulk = "batch.chunks";
    public const string Express = "batch.chunks.express";
    public const int Partitions = 12;

    /// <summary>An upload that ends within this many bytes takes the express topic.</summary>
    public const int ExpressBytes = 1 << 20;

    public static IReadOnlyList<string> InOrderOfPriority { get; } = [Express, Bulk];

    public static async Task EnsureAsync(ILog log, CancellationToken cancellationToken)
    {
        foreach (var topic in InOrderOfPriority)
            await log.EnsureTopicAsync(topic, Partitions, cancellationToken);
    }

    /// <summary>Spread by job first, then round robin by ordinal: stable, so that a resent chunk lands where it landed before.</summary>
    public static int PartitionFor(string jobId, int ordinal, int partitions)
    {
        var hash = 2166136261u;
        foreach (var c in jobId)
            hash = (hash ^ c) * 16777619u;
        return (int)((hash + (uint)ordinal) % (uint)partitions);
    }
}
