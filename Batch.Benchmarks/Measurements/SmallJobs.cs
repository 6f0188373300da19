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

    /// <summary>So many jobs more.</summary>
    public async Task<Table> RunAsync(int jobs)
    {
        var clients = new Clients(_system, _file, RowsPerJob, ClientCount);
        var (hostBefore, engineBefore) = (_system.Host.CpuSeconds, _system.Engine.CpuSeconds);
        var seconds = await clients.SubmitAsync([_model], jobs);
        var (host, engine) = (_system.Host.CpuSeconds - hostBefore, _system.Engine.CpuSeconds - engineBefore);
        JobIds.AddRange(clients.JobIds);
        var rows = await _system.SqlAsync($"SELECT count() FROM {_model.Table}");
        if (rows != $"{JobIds.Count * RowsPerJob}")
            throw new InvalidOperationException($"{rows} rows are in the table, not {JobIds.Count * RowsPerJob}.");

        var table = new Table($"Small jobs: {jobs:N0} jobs of {RowsPerJob} rows from {ClientCount} clients",
            "jobs/s", "POST to 202, ms, p50", "p99", "POST to SUCCESS, ms, p50", "p99", "processor time a job, ms: Batch", "ClickHouse", "active parts at the end", "most before ClickHouse slows down");
        table.Add($"{jobs / seconds:0.0}", $"{clients.Accepted.Median:0.0}", $"{clients.Accepted.Quantile(0.99):0.0}", $"{clients.Done.Median:0.0}", $"{clients.Done.Quantile(0.99):0.0}",
            $"{host * 1000 / jobs:0.0}", $"{engine * 1000 / jobs:0.0}", $"{await _system.PartsAsync(_model.Table)}",
            await _system.SqlAsync("SELECT value FROM system.merge_tree_settings WHERE name = 'parts_to_delay_insert'"));
        return table;
    }
}
