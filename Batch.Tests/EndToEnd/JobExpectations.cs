using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>What every test of a job says in the end: it is over, its figures add up, and the tables agree with them.</summary>
public static class JobExpectations
{
    public static async Task<JobStatus> WaitUntilOverAsync(this BatchClient api, string jobId, TimeSpan? limit = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(120));
        JobStatus? job = null;
        while (!timeout.IsCancellationRequested)
        {
            job = await api.GetJobAsync(jobId, timeout.Token);
            if (job.IsOver)
                return job;
            await Task.Delay(50, CancellationToken.None);
        }
        throw new TimeoutException($"Job {jobId} is still {job?.State}: {job?.Success} + {job?.Errors} + {job?.Abandoned} of {job?.Total}.");
    }

    /// <summary>Loads a file, and waits until its job is over.</summary>
    public static async Task<JobStatus> LoadAsync(
        this BatchClient api, Model model, byte[] file, Func<CreateJobRequest, CreateJobRequest>? with = null)
    {
        var request = new CreateJobRequest { ModelId = model.ModelId };
        var job = await api.CreateJobAsync(with?.Invoke(request) ?? request, new MemoryStream(file), default);
        return await api.WaitUntilOverAsync(job.JobId);
    }

    /// <summary>The rows of a job in its model's table, as TSV in the order of the file.</summary>
    public static Task<string> RowsAsync(this IRunningSystem system, Model model, JobStatus job) => system.QueryAsync(
        $"SELECT * EXCEPT (_job_id, _row, _ingested_at) FROM {model.Table} WHERE _job_id = '{job.JobId}' ORDER BY _row FORMAT TSV");

    public static async Task<long> CountAsync(this IRunningSystem system, string sql) =>
        long.Parse(await system.QueryAsync(sql), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The row conservation law, and the tables: nothing lost, nothing doubled.</summary>
    public static async Task ConservedAsync(this IRunningSystem system, JobStatus job)
    {
        Assert.Equal(job.Total, job.Success + job.Errors + job.Abandoned);
        var inTable = await system.QueryAsync(
            $"SELECT count(), uniqExact(_row) FROM data_{job.ModelId} WHERE _job_id = '{job.JobId}' FORMAT TSV");
        Assert.Equal($"{job.Success}\t{job.Success}", inTable);
        var rejected = await system.CountAsync(
            $"SELECT uniqExact(row) FROM rejected_rows WHERE tenant_id = '{job.TenantId}' AND job_id = '{job.JobId}' AND row > 0");
        if (job.FailureCode != "HEADER_FAULT")
            Assert.Equal(job.Errors, rejected);
    }
}
