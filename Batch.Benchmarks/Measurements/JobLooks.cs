using System.Diagnostics;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;
using Batch.Client;

namespace Batch.Benchmarks.Measurements;

/// <summary>How long a look at the list of jobs and at one job takes, one after the other, with nothing else going on; milliseconds.</summary>
internal sealed class JobLooks
{
    const int Looks = 300;
    const int Page = 100;

    public Sample List { get; } = new();

    /// <summary>The first look at a job that has been over for a while.</summary>
    public Sample First { get; } = new();

    /// <summary>The look after that: the API remembers jobs that will not change any more.</summary>
    public Sample Again { get; } = new();

    /// <param name="jobIds">Jobs nobody has looked at since they were over; those looked at are spread over them.</param>
    public static async Task<JobLooks> MeasureAsync(BatchSystem system, IReadOnlyList<string> jobIds)
    {
        await system.CalmAsync();
        var looks = new JobLooks();
        var some = Math.Min(Looks, jobIds.Count);
        for (var look = 0; look < some; look++)
        {
            var jobId = jobIds[look * jobIds.Count / some];
            foreach (var sample in (Sample[])[looks.First, looks.Again])
                await TimeAsync(sample, () => system.Api.GetJobAsync(jobId, CancellationToken.None));
        }
        for (var look = 0; look < Looks; look++)
            await TimeAsync(looks.List, () => system.Api.ListJobsAsync(new JobQuery { Limit = Page }, CancellationToken.None));
        return looks;
    }

    static async Task TimeAsync(Sample sample, Func<Task> look)
    {
        var started = Stopwatch.GetTimestamp();
        await look();
        sample.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    public static Table NewTable(string title) => new(title, "finished jobs",
        $"GET /jobs?limit={Page}, ms, p50", "p99", "GET /jobs/{id}, first look, ms, p50", "p99", "GET /jobs/{id}, again, ms, p50", "p99");

    public void AddTo(Table table, int finishedJobs) => table.Add([$"{finishedJobs:N0}",
        .. new[] { List, First, Again }.SelectMany(sample => new[] { $"{sample.Median:0.0}", $"{sample.Quantile(0.99):0.0}" })]);
}
