using System.ComponentModel.DataAnnotations;

namespace Batch.Core.Chunks;

/// <summary>How many partitions the topics of chunks get when they are made. A topic that is there already keeps its own.</summary>
public sealed class ChunkTopicOptions
{
    public const string SectionName = "Topics";

    /// <summary>Bounds how many workers can share the chunks of big uploads; 12 divides evenly among 1, 2, 3, 4, 6 and 12.</summary>
    [Range(1, 1024)]
    public int Partitions { get; set; } = 12;

    /// <summary>The same for small uploads, which have a topic of their own.</summary>
    [Range(1, 1024)]
    public int ExpressPartitions { get; set; } = 4;
}
