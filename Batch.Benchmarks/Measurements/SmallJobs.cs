using Batch.Benchmarks.Data;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;
using Batch.Client;

namespace Batch.Benchmarks.Measurements;

/// <summary>Many small files from many clients.</summary>
internal sealed class SmallJobs
{
    const int ClientCount = 32;
    const int RowsPerJob = 100;
    const int WarmUp = 400;
    readonly BatchSystem _system;
    readonly Model _model;
    readonly byte[] _file;

    SmallJobs(BatchSystem system, Model model, byte[] file) => (_system, _model, _file) = (system, model, file);

    /// <summary>All jobs so far.</summary>
    public List<string> JobIds { get; } = [];

    public static async Task<SmallJobs> PrepareAsync(BatchSystem system)
    {
        var file = new MemoryStream();
        DataSets.Mixed.Write(file, RowsPerJob);
        return new(system, await new Loads(system).NewModelAsync(DataSets.Mixed), file.ToArray());
    }

    /// <summary>So many jobs, round after round, once the system has warmed up on some.</summary>
    public async Task<Table> MeasureAsync(int jobs, int rounds)
    {
        await SubmitAsync(WarmUp);
        var (rate, host, engine, accepted, done) = (new Sample(), new Sample(), new Sample(), new Sample(), new Sample());
        for (var round = 0; round < rounds; round++)
        {
            var (hostBefore, engineBefore) = (_system.Services.CpuSeconds, _system.Engine.CpuSeconds);
            var (clients, seconds) = await SubmitAsync(jobs);
            rate.Add(jobs / seconds);
            host.Add((_system.Services.CpuSeconds - hostBefore) * 1000 / jobs);
            engine.Add((_system.Engine.CpuSeconds - engineBefore) * 1000 / jobs);
            accepted.Add(clients.Accepted);
            done.Add(clients.Done);
        }
        var rows = await _system.SqlAsync($"SELECT count() FROM {_model.Table}");
        if (rows != $"{JobIds.Count * RowsPerJob}")
            throw new InvalidOperationException($"{rows} rows are in the table, not {JobIds.Count * RowsPerJob}.");

        var table = new Table(
            $"Small jobs: {jobs:N0} jobs of {RowsPerJob} rows from {ClientCount} clients, {rounds} times after a warm-up of {WarmUp}; median (min–max) of the "
            + "rounds, quantiles of all jobs",
            "jobs/s", "POST to 202, ms, p50", "p99", "POST to SUCCESS, ms, p50", "p99", "processor time a job, ms: Batch",
            "ClickHouse", "active parts at the end", "most before ClickHouse slows down");
        table.Add(rate.Text("0"), $"{accepted.Median:0.0}", $"{accepted.Quantile(0.99):0.0}", $"{done.Median:0.0}", $"{done.Quantile(0.99):0.0}",
            host.Text("0.0"), engine.Text("0.0"), $"{await _system.PartsAsync(_model.Table)}",
            await _system.SqlAsync("SELECT value FROM system.merge_tree_settings WHERE name = 'parts_to_delay_insert'"));
        return table;
    }

    /// <summary>So many jobs more, and the seconds they took.</summary>
    public async Task<(Clients Clients, double Seconds)> SubmitAsync(int jobs)
    {
        var clients = new Clients(_system, _file, RowsPerJob, ClientCount);
        var seconds = await clients.SubmitAsync([_model], jobs);
        JobIds.AddRange(clients.JobIds);
        return (clients, seconds);
    }
}
