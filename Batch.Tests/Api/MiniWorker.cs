using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Writing;
using Batch.Core.Models;
using Batch.Csv.Validation;
using Batch.Primitives;
using Batch.Tests.Chunks;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Api;

/// <summary>Does what a worker does with the chunks of a job, in the plainest way, so that the API's reading side has something to read.</summary>
internal static class MiniWorker
{
    /// <summary>Loads every chunk the log has been given so far, and waits until the job is over.</summary>
    public static async Task<JobStatus> ProcessAsync(this ApiHost api, JobStatus job)
    {
        var models = api.Services.GetRequiredService<ModelStore>();
        var jobs = api.Services.GetRequiredService<JobWriter>();
        var clickHouse = api.Services.GetRequiredService<ClickHouseClient>();
        using var validator = new ChunkValidator();
        foreach (var record in api.Log.Records)
        {
            var header = record.ChunkHeader();
            if (header.JobId != job.JobId)
                continue;
            Xunit.Assert.Equal(header.Checksum, Crc32C.Of(record.Value.Span));
            var started = DateTimeOffset.UtcNow;
            var model = (await models.GetVersionAsync(header.TenantId, header.ModelId, header.ModelVersion, CancellationToken.None))!;
            var chunk = validator.Validate(header.RowsIn(record.Value), model.Schema, CancellationToken.None);
            if (chunk.Data is { } data)
                await clickHouse.InsertAsync(model.Table, data.Columns, data.Bytes, $"{header.JobId}:{header.Ordinal}", CancellationToken.None);
            var block = 0;
            foreach (var rejected in chunk.RejectedBlocks())
                await clickHouse.InsertAsync("rejected_rows", rejected.Columns, rejected.Bytes, $"{header.JobId}:{header.Ordinal}:{block++}",
                    CancellationToken.None);
            await jobs.AddReceiptAsync(new Receipt
            {
                TenantId = header.TenantId, JobId = header.JobId, Ordinal = header.Ordinal, Rows = chunk.Rows, Success = chunk.Success,
                Errors = chunk.Errors, Abandoned = 0, Attempt = header.Attempt, Checksum = header.Checksum,
                StartedAt = started, FinishedAt = DateTimeOffset.UtcNow, Worker = "test",
                Whole = NewJob.Of(header, model.Name), AppendedAt = record.AppendedAt,
            }, CancellationToken.None);
        }
        return await api.UntilOverAsync(job.JobId);
    }

    public static async Task<JobStatus> UntilOverAsync(this ApiHost api, string jobId)
    {
        for (var until = DateTime.UtcNow.AddSeconds(30); ;)
        {
            var status = await api.Client.GetJobAsync(jobId, CancellationToken.None);
            if (status.IsOver)
                return status;
            Xunit.Assert.True(DateTime.UtcNow < until, $"Job {jobId} is still {status.State} after 30 s.");
            await Task.Delay(50);
        }
    }
}
