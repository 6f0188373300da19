using System.Diagnostics;
using System.Globalization;
using Batch.Benchmarks.Data;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;
using Batch.Client;

namespace Batch.Benchmarks.Measurements;

/// <summary>Many small files from many clients; then, with all those jobs there, how long a look at the list and at one job takes.</summary>
internal static class SmallJobs
{
    const int Clients = 32;
    const int RowsPerJob = 100;
    const int Looks = 300;
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public static async Task<List<Table>> RunAsync(BatchSystem system, string folder, int jobs)
    {
        var data = DataSets.Mixed;
        var path = Path.Combine(folder, "small.csv");
        data.Write(path, RowsPerJob);
        var file = await File.ReadAllBytesAsync(path);
        File.Delete(path);
        var model = await new Loads(system).NewModelAsync(data);

        Sample accepted = new(), done = new();
        var gate = new Lock();
        var left = jobs;
        var (hostBefore, engineBefore) = (system.Host.CpuSeconds, system.Engine.CpuSeconds);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var posted = Stopwatch.GetTimestamp();
                var job = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, new MemoryStream(file), CancellationToken.None);
                var answered = Stopwatch.GetElapsedTime(posted);
                while (!job.IsOver)
                {
                    await Task.Delay(Look);
                    job = await system.Api.GetJobAsync(job.JobId, CancellationToken.None);
                }
                if (job.State != JobState.Success || job.Success != RowsPerJob)
                    throw new InvalidOperationException($"Job {job.JobId} ended {job.State} with {job.Success} rows: {job.Failure}");
                lock (gate)
                {
                    accepted.Add(answered.TotalMilliseconds);
                    done.Add(Stopwatch.GetElapsedTime(posted).TotalMilliseconds);
                }
            }
        })));
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var (host, engine) = (system.Host.CpuSeconds - hostBefore, system.Engine.CpuSeconds - engineBefore);
        var rows = await system.SqlAsync($"SELECT count() FROM {model.Table}");
        if (rows != $"{jobs * RowsPerJob}")
            throw new InvalidOperationException($"{rows} rows are in the table, not {jobs * RowsPerJob}.");
        var parts = await system.PartsAsync(model.Table);

        var small = new Table($"Small jobs: {jobs:N0} jobs of {RowsPerJob} rows from {Clients} clients",
            "jobs/s", "POST to 202, ms, p50", "p99", "POST to SUCCESS, ms, p50", "p99", "processor time a job, ms: Batch", "ClickHouse", "active parts at the end", "most before ClickHouse slows down");
        small.Add(Number(jobs / seconds), Number(accepted.Median), Number(accepted.Quantile(0.99)), Number(done.Median), Number(done.Quantile(0.99)),
            Number(host * 1000 / jobs), Number(engine * 1000 / jobs), $"{parts}", await system.SqlAsync("SELECT value FROM system.merge_tree_settings WHERE name = 'parts_to_delay_insert'"));
        await Console.Error.WriteLineAsync(small.ToString());
        return [small, await LookAsync(system, jobs)];
    }

    static async Task<Table> LookAsync(BatchSystem system, int jobs)
    {
        await system.CalmAsync();
        Sample list = new(), one = new();
        var page = await system.Api.ListJobsAsync(new JobQuery { Limit = 100 }, CancellationToken.None);
        for (var look = 0; look < Looks; look++)
        {
            var started = Stopwatch.GetTimestamp();
            page = await system.Api.ListJobsAsync(new JobQuery { Limit = 100 }, CancellationToken.None);
            list.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            started = Stopwatch.GetTimestamp();
            await system.Api.GetJobAsync(page.Jobs[look % page.Jobs.Count].JobId, CancellationToken.None);
            one.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        var table = new Table($"A look at jobs, with {jobs:N0} finished ones there", "request", "p50, ms", "p99, ms");
        table.Add("GET /jobs?limit=100", Number(list.Median), Number(list.Quantile(0.99)));
        table.Add("GET /jobs/{id}", Number(one.Median), Number(one.Quantile(0.99)));
        return table;
    }

    static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
