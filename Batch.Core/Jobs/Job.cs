using Batch.Client;

namespace Batch.Core.Jobs;

public sealed record Job
{
    public required JobKey Key { get; init; }
    public string TenantId => Key.TenantId;
    public string JobId => Key.JobId;
    public string ModelId { get; init; } = "";
    public string ModelName { get; init; } = "";
    public int ModelVersion { get; init; }
    public string? FileName { get; init; }
    public string? Label { get; init; }
    public string? SourceJobId { get; init; }
    public byte[] HeaderLine { get; init; } = [];
    public byte Delimiter { get; init; } = (byte)',';
    public long? MaxErrors { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }

    public JobState State => throw new NotImplementedException();
    public long Total => throw new NotImplementedException();
    public long Success => throw new NotImplementedException();
    public long Errors => throw new NotImplementedException();
    public long Abandoned => throw new NotImplementedException();
    public string? FailureCode => throw new NotImplementedException();
    public string? Failure => throw new NotImplementedException();
    public bool IsOver => throw new NotImplementedException();
    /// <summary>ClickHouse's clock when the job was read: what to give <see cref="ToStatus"/>.</summary>
    public DateTimeOffset ReadAt { get; init; }
    public JobStatus ToStatus(DateTimeOffset now) => throw new NotImplementedException();
}
