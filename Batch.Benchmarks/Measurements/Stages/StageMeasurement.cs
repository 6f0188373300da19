using Batch.Api.Uploads;
using Batch.Benchmarks.Data;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;
using Batch.Csv.Cutting;

namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>The stages of a row's way, each by itself and next to a ceiling that is measured with the same bytes in the same run.</summary>
/// <remarks>All of them and all ceilings take turns, round after round, so that a busy moment of the machine does not fall on one of them alone.</remarks>
internal static class StageMeasurement
{
    const int SmallChunk = 100_000;
    const int SmallClients = 32;
    const long SmallBytes = 32 << 20; // a flush for each small chunk: more of them only take longer

    /// <summary>A table and a sentence on the bottleneck.</summary>
    public static async Task<(Table Table, string Bottleneck)> RunAsync(BatchSystem system, string folder, DataSet data, long megabytes, int rounds)
    {
        var file = new ChunkedFile(data, megabytes << 20);
        await using var large = await LogStages.CreateAsync(file, Path.Combine(folder, "large"), new ChunkerOptions().ChunkBytes, long.MaxValue);
        await using var small = await LogStages.CreateAsync(file, Path.Combine(folder, "small"), SmallChunk, SmallBytes);
        await using var insert = await InsertStages.CreateAsync(system, file);
        List<Stage> stages =
        [
            .. await MemoryStages.CreateAsync(file),
            .. large.Stages(file, "8 MiB", new UploadOptions().AppendsInFlight, isOnTheWay: true),
            .. small.Stages(file, "100 KB", SmallClients, isOnTheWay: false),
            .. insert.Stages,
        ];
        var works = stages.SelectMany(stage => new[] { stage.Ceiling, stage.Work }).OfType<Work>().Distinct().ToList();
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var work in works)
                await work.MeasureAsync(keep: round > 0); // before: whatever is done once, such as compiling
            await Console.Error.WriteLineAsync($"stages, {data.Name}, round {round} of {rounds}");
        }
        return (TableOf(stages, file, rounds), Bottleneck.Of(data.Name, stages));
    }

    static Table TableOf(List<Stage> stages, ChunkedFile file, int rounds)
    {
        var table = new Table(
            $"Stages, {file.Data.Name} set: {file.Bytes.Length / 1e6:0} MB in memory, {file.Rows:N0} rows ({file.Data.What}); median (min–max) of {rounds}. "
            + "Per core (processor time) as far as encoding; log and inserts by the clock, inserts on all cores",
            "stage", "MB/s", "Mrow/s", "processor time, ms a MB", "bytes allocated a row", "ceiling", "ceiling, MB/s", "of the ceiling");
        foreach (var stage in stages)
            table.Add(stage.Name, stage.Work.MegabytesPerSecond.Text("N0"), $"{stage.Work.MillionRowsPerSecond:N1}",
                stage.Work.CpuMillisecondsPerMegabyte.Text("0.0"), $"{stage.Work.BytesAllocatedPerRow.Median:0.00}",
                stage.CeilingName, stage.Ceiling?.MegabytesPerSecond.Text("N0") ?? "", stage.Ceiling is null ? "" : $"{stage.ShareOfCeiling:0 %}");
        return table;
    }
}
