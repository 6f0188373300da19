using System.Diagnostics;
using System.Text.Json;
using Batch.Benchmarks.Data;
using Batch.Client;

namespace Batch.Benchmarks.Running;

/// <summary>What one load of a file took.</summary>
/// <param name="Seconds">From the first byte to the end of the job, or of the statement.</param>
/// <param name="CpuSeconds">Processor time of the processes that did it, the client left out.</param>
internal readonly record struct LoadFigures(double Seconds, double CpuSeconds, JobStatus? Job);

/// <summary>Loads a file in either way, each time into a table of its own: nothing is dropped meanwhile, which would cost the next one.</summary>
internal sealed class Loads(BatchSystem system)
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    int _models;

    public Task<Model> NewModelAsync(DataSet data) => system.Api.CreateModelAsync(new CreateModelRequest
    {
        Name = $"benchmark_{++_models}",
        Schema = JsonSerializer.SerializeToElement(data.Columns.ToDictionary(column => column.Name, column => column.Type)),
    }, CancellationToken.None);

    /// <summary>The way a user's file goes: HTTP, log, workers, table.</summary>
    public async Task<LoadFigures> WithBatchAsync(DataSet data, string path)
    {
        var model = await NewModelAsync(data);
        await system.CalmAsync();
        var before = system.Host.CpuSeconds + system.Engine.CpuSeconds;
        var started = Stopwatch.GetTimestamp();
        JobStatus job;
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20))
            job = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, file, CancellationToken.None);
        while (!job.IsOver)
        {
            await Task.Delay(Look);
            job = await system.Api.GetJobAsync(job.JobId, CancellationToken.None);
        }
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var figures = new LoadFigures(seconds, system.Host.CpuSeconds + system.Engine.CpuSeconds - before, job);
        var loaded = await system.SqlAsync($"SELECT count() FROM {model.Table}");
        if (loaded != $"{job.Success}" || job.Success + job.Errors != job.Total || (!data.HasBadRows && job.State != JobState.Success))
            throw new InvalidOperationException($"The load went wrong: {loaded} rows in the table, and the job says {JsonSerializer.Serialize(job, BatchJson.Default.JobStatus)}");
        return figures;
    }

    /// <summary>The floor: the engine's own reading of the file into a table of the same making, as parallel as Batch, bad rows skipped.</summary>
    public async Task<LoadFigures> WithClickHouseAsync(DataSet data, string path)
    {
        var model = await NewModelAsync(data);
        await system.CalmAsync();
        var names = string.Join(", ", data.Columns.Select(column => column.Name));
        var types = string.Join(", ", data.Columns.Select(column => $"{column.Name} {column.Type}"));
        var before = system.Engine.CpuSeconds;
        var started = Stopwatch.GetTimestamp();
        await system.SqlAsync(
            $"INSERT INTO {model.Table} ({names}) SELECT {names} FROM file('{path}', CSVWithNames, '{types}') "
            + $"SETTINGS max_insert_threads = {Environment.ProcessorCount}{(data.HasBadRows ? ", input_format_allow_errors_ratio = 1" : "")}");
        return new(Stopwatch.GetElapsedTime(started).TotalSeconds, system.Engine.CpuSeconds - before, null);
    }
}
