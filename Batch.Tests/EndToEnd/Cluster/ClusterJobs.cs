using Batch.Client;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>The file of the cluster's tests: some hundred chunks, a few bad rows in each.</summary>
public static class ClusterJobs
{
    public const int Rows = 200_000;
    public const int BadEvery = 500;
    const int Bad = Rows / BadEvery;

    public static async Task<(Model Model, JobStatus Job)> UploadAsync(this BatchCluster cluster, Model? model = null)
    {
        model ??= await cluster.Api.CreateModelAsync(CsvText.Purchases(), default);
        return (model, await cluster.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(Rows, BadEvery), default));
    }

    /// <summary>Nothing lost, nothing doubled, every bad row kept, whatever happened on the way.</summary>
    public static async Task<JobStatus> EndsWithEveryRowOnceAsync(this BatchCluster cluster, JobStatus created)
    {
        JobStatus job;
        try
        {
            job = await cluster.Api.WaitUntilOverAsync(created.JobId);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}\n{cluster.Output}", exception);
        }
        Assert.True(job.State == JobState.PartialSuccess, $"{job.State} {job.Failure}\n{cluster.Output}");
        Assert.Equal((Rows, Rows - Bad, Bad, 0), (job.Total, job.Success, job.Errors, job.Abandoned));
        await cluster.ConservedAsync(job);
        return job;
    }
}
