#pragma warning disable CS9113
using Batch.Client;
using Batch.Core.ClickHouse;

namespace Batch.Core.Jobs;

public sealed class JobStore(ClickHouseClient clickHouse)
{
    public Task CreateAsync(NewJob job, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task UploadProgressAsync(JobKey key, long totalRows, int chunks, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task UploadEndedAsync(JobKey key, long totalRows, int chunks, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task HeaderFaultAsync(JobKey key, long totalRows, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task FailAsync(JobKey key, string code, string message, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task FailUploadAsync(JobKey key, string code, string message, long totalRows, int chunks, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<bool> CancelAsync(Job job, CancellationToken cancellationToken) => throw new NotImplementedException();
    public void ChunkStarted(JobKey key) => throw new NotImplementedException();
    public Task AddReceiptAsync(Receipt receipt, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<ChunkGate> GateAsync(JobKey key, int ordinal, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<Job?> FindAsync(string tenantId, string idOrPrefix, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<JobPage> ListAsync(string tenantId, JobFilter filter, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<IReadOnlyList<JobKey>> OpenJobsAsync(string tenantId, string modelId, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<VerifyReport> VerifyAsync(Job job, CancellationToken cancellationToken) => throw new NotImplementedException();
    public static string JobIdFor(string tenantId, string label) => throw new NotImplementedException();
}
