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

    public Sample One { get; } = new();

    /// <param name="jobIds">All jobs there are; those looked at are spread over them.</param>
    public static async Task<JobLooks> MeasureAsync(BatchSystem system, IReadOnlyList<string> jobIds)
    {
        await system.CalmAsync();
        var looks = new JobLooks();
        await ListAsync(system);
        for (var look = 0; look < Looks; look++)
        {
            var started = Stopwatch.GetTimestamp();
            await ListAsync(system);
            looks.List.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            started = Stopwatch.GetTimestamp();
            await system.Api.GetJobAsync(jobIds[look * jobIds.Count / Looks], CancellationToken.None);
            looks.One.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return looks;
    }

    static Task<JobList> ListAsync(BatchSystem system) => system.Api.ListJobsAsync(new JobQuery { Limit = Page }, CancellationToken.None);

    public static Table NewTable(string title) => new(
        title, "finished jobs", $"GET /jobs?limit={Page}, ms, p50", "p99", "GET /jobs/{id}, ms, p50", "p99");

    public void AddTo(Table table, int finishedJobs) => table.Add(
        $"{finishedJobs:N0}", $"{List.Median:0.0}", $"{List.Quantile(0.99):0.0}", $"{One.Median:0.0}", $"{One.Quantile(0.99):0.0}");
}
