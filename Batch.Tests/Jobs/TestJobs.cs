using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;

namespace Batch.Tests.Jobs;

/// <summary>Jobs for tests.</summary>
internal static class TestJobs
{
    public static JobKey NewKey(string tenant = ClickHouseScope.Tenant) => new(tenant, BatchId.New());

    public static NewJob New(JobKey key, string? modelId = null, long? maxErrors = null) => new()
    {
        Key = key, ModelId = modelId ?? BatchId.New(), ModelName = "purchases", ModelVersion = 3, FileName = "a.csv",
        HeaderLine = [.. "event_id,caf\u00e9 "u8, 0xFF, 0x00], Delimiter = (byte)';', MaxErrors = maxErrors,
    };

    public static Receipt Receipt(JobKey key, int ordinal, long rows, long success, long errors, int milliseconds = 5)
    {
        var now = new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new()
        {
            TenantId = key.TenantId, JobId = key.JobId, Ordinal = ordinal, Rows = rows, Success = success, Errors = errors,
            Abandoned = rows - success - errors, StartedAt = now, FinishedAt = now.AddMilliseconds(milliseconds), Worker = "w1",
        };
    }

    public static async Task<JobKey> CreateAsync(this JobWriter writer, long? maxErrors = null, string? modelId = null)
    {
        var key = NewKey();
        await writer.CreateAsync(New(key, modelId, maxErrors), ClickHouseScope.Soon);
        return key;
    }

    public static Task UploadEndedAsync(this JobWriter writer, JobAttempt upload, long totalRows, int chunks, CancellationToken cancellationToken) =>
        writer.UploadEndedAsync(upload, totalRows, chunks, default, cancellationToken);

    public static Task ReceiptAsync(this JobWriter writer, JobKey key, int ordinal, long rows, long success, long errors) =>
        writer.AddReceiptAsync(Receipt(key, ordinal, rows, success, errors), ClickHouseScope.Soon);

    /// <summary>What a worker writes of a job that is one chunk, which it took 40 ms after it was appended and needed 20 ms for.</summary>
    public static Task LoadedAsync(this JobWriter writer, NewJob job, long rows, long success, long errors)
    {
        var appended = new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return writer.AddReceiptAsync(Receipt(job.Key, 0, rows, success, errors) with
        {
            AppendedAt = appended,
            StartedAt = appended.AddMilliseconds(40),
            FinishedAt = appended.AddMilliseconds(60),
            Whole = job,
        }, ClickHouseScope.Soon);
    }

    public static async Task<Job> GetAsync(this JobReader jobs, JobKey key) => (await jobs.FindAsync(key.TenantId, key.JobId, ClickHouseScope.Soon))!;
}
