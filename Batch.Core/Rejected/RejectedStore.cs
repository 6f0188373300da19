#pragma warning disable CS9113
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Jobs;
using Batch.Core.Validation;

namespace Batch.Core.Rejected;

public sealed class RejectedStore(ClickHouseClient clickHouse)
{
    public Task AddHeaderFaultsAsync(JobKey key, IReadOnlyList<RejectEntry> faults, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<RejectedPage> PageAsync(Job job, RejectedQuery query, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<IReadOnlyList<RejectedSummary>> SummaryAsync(Job job, CancellationToken cancellationToken) => throw new NotImplementedException();
    public Task<Stream> ExportNdjsonAsync(Job job, CancellationToken cancellationToken) => throw new NotImplementedException();
    public IAsyncEnumerable<RawRejectedRow> RawRowsAsync(Job job, CancellationToken cancellationToken) => throw new NotImplementedException();
}
