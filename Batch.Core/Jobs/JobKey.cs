using Batch.Core.Chunks;

namespace Batch.Core.Jobs;

/// <summary>Which job, and whose.</summary>
/// <param name="JobId">32 lowercase hex digits.</param>
public readonly record struct JobKey(string TenantId, string JobId)
{
    /// <summary>The job that a chunk is of.</summary>
    public static JobKey Of(ChunkHeader header) => new(header.TenantId, header.JobId);
}
