using System.Diagnostics;
using System.Text.Json;
using Batch.Benchmarks.Data;
using Batch.Client;

namespace Batch.Benchmarks.Running;

/// <summary>What one load of a file took.</summary>
/// <param name="Seconds">From the first byte to the end of the job, or of the statement.</param>
/// <param name="CpuSeconds">Processor time of the processes that did it, the client left out.</param>
internal readonly record struct LoadFigures(double Seconds, double CpuSeconds);

/// <summary>Loads a file in either way, each time into a table of its own: nothing is dropped meanwhile, which would cost the next one.</summary>
internal sealed class Loads(BatchSystem system)
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    int _models;

    public Task<Model> NewModelAsync(DataSet data) => system.Api.CreateModelAsync(new CreateModelRequest
    {
        Name = $"benchmark_{++_models}",
        Schema = data.Schema,
    }, CancellationToken.None);

    /// <summary>The way a user's file goes: HTTP, log, workers, table. Every bad row is kept, with each of its errors, in a table too.</summary>
    public async Task<LoadFigures> WithBatchAsync(DataSet data, string path, long rows)
    {
        var model = await NewModelAsync(data);
        await system.CalmAsync();
        var before = system.Services.CpuSeconds + system.Engine.CpuSeconds;
        var started = Stopwatch.GetTimestamp();
        JobStatus job;
        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20))
            job = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, file, CancellationToken.None);
        while (!job.IsOver)
        {
            await Task.Delay(Look);
            job = await system.Api.GetJobAsync(job.JobId, CancellationToken.None);
        }
        var figures = new LoadFigures(
            Stopwatch.GetElapsedTime(started).TotalSeconds, system.Services.CpuSeconds + system.Engine.CpuSeconds - before);
        if ((job.Success, job.Errors) != (rows - data.BadRows(rows), data.BadRows(rows)))
            throw new InvalidOperationException($"The load of {rows} rows went wrong: {JsonSerializer.Serialize(job, BatchJson.Default.JobStatus)}");
        await CheckAsync(model, data, rows);
        return figures;
    }

    /// <summary>
    /// The floor: the engine's own reading of the file into a table of the same making, as parallel as Batch. Bad rows are skipped, each
    /// with its first error written to a file: the nearest that ClickHouse has to keeping them.
    /// </summary>
    public async Task<LoadFigures> WithClickHouseAsync(DataSet data, string path, long rows)
    {
        var model = await NewModelAsync(data);
        await system.CalmAsync();
        var names = string.Join(", ", data.Columns.Select(column => column.Name));
        var types = string.Join(", ", data.Columns.Select(column => $"{column.Name} {column.Type}"));
        var rejects = path + ".rejects";
        var keepingRejects = data.BadOneIn == 0 ? ""
            : $", input_format_allow_errors_ratio = 1, input_format_record_errors_file_path = '{rejects}'";
        var before = system.Engine.CpuSeconds;
        var started = Stopwatch.GetTimestamp();
        await system.SqlAsync(
            $"INSERT INTO {model.Table} ({names}) SELECT {names} FROM file('{path}', CSVWithNames, '{types}') "
            + $"SETTINGS max_insert_threads = {Environment.ProcessorCount}{keepingRejects}");
        var figures = new LoadFigures(Stopwatch.GetElapsedTime(started).TotalSeconds, system.Engine.CpuSeconds - before);
        File.Delete(rejects);
        await CheckAsync(model, data, rows);
        return figures;
    }

    async Task CheckAsync(Model model, DataSet data, long rows)
    {
        var loaded = await system.SqlAsync($"SELECT count() FROM {model.Table}");
        if (loaded != $"{rows - data.BadRows(rows)}")
            throw new InvalidOperationException($"{loaded} rows of {data.Name} are in the table, of {rows} with {data.BadRows(rows)} bad ones.");
    }
}
