namespace Batch.Core.Jobs;

/// <summary>Which job, and whose.</summary>
/// <param name="JobId">32 lowercase hex digits.</param>
public readonly record struct JobKey(string TenantId, string JobId);
