using System.ComponentModel.DataAnnotations;

namespace Batch.Core.Chunks;

/// <summary>The topics of chunks: their names, and how many partitions they get when they are created. An existing topic keeps its own.</summary>
public sealed class ChunkTopicOptions
{
    public const string SectionName = "Topics";

    /// <summary>
    /// Topics are <c>PREFIX.chunks</c> and <c>PREFIX.chunks.express</c>. Set it if several
    /// deployments share brokers; API and workers must have the same.
    /// </summary>
    [Required, RegularExpression("[A-Za-z0-9._-]{1,200}", ErrorMessage = "Topics:Prefix may hold letters, digits, dots, dashes and underscores, at most 200.")]
    public string Prefix { get; set; } = "batch";

    /// <summary>Bounds how many workers can share the chunks of big uploads; 12 divides evenly among 1, 2, 3, 4, 6 and 12.</summary>
    [Range(1, 1024)]
    public int Partitions { get; set; } = 12;

    /// <summary>The same for small uploads, which have their own topic.</summary>
    [Range(1, 1024)]
    public int ExpressPartitions { get; set; } = 4;

    /// <summary>
    /// The API's health is degraded while a chunk waits for a worker for longer than this. Five minutes: a start of all workers, or an outage
    /// of ClickHouse that heals by itself, takes less.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The API asks whether the log has lost chunks of a job once the job has made no progress for this long. 30 seconds: a job that goes on is not
    /// looked at, and a slow one is waited for however long it takes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LostAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The consumer group: all workers of one deployment share it. Small uploads are read by a second group, <c>GROUP.express</c>. Set as
    /// <c>Worker:Group</c>, for the API too, which checks how far the group has read.
    /// </summary>
    [Required]
    public string Group { get; set; } = "batch-workers";
}
