using System.Globalization;
using Batch.Benchmarks.Data;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Measurements;

/// <summary>A file from the first byte of its upload to the end of its job, against ClickHouse's and DuckDB's own loading of the same file; in turns.</summary>
internal static class EndToEnd
{
    public static async Task<(Table Table, BarChart Chart)> RunAsync(
        BatchSystem system, string folder, long megabytes, int rounds, IReadOnlyCollection<string> only)
    {
        var table = new Table(
            $"End to end: HTTP → log → workers → table, against the floor, ClickHouse's own INSERT … SELECT FROM file(); median (min–max) of {rounds}",
            "data set", "MB", "rows", "Batch, s", "floor, s", "Batch, Mrow/s", "floor, Mrow/s", "Batch/floor", "the same in processor time",
            "DuckDB, s", "Batch/DuckDB");
        var duckDb = await DuckDb.InstallAsync();
        var chart = new BarChart("Rows loaded end to end, Batch and ClickHouse's own INSERT SELECT FROM file()", "million rows a second");
        foreach (var data in DataSets.All.Where(set => only.Count == 0 || only.Contains(set.Name)))
        {
            var path = Path.Combine(folder, "data.csv");
            var rows = RowsFor(data, folder, megabytes << 20);
            var bytes = data.Write(path, rows);
            var loads = new Loads(system);
            Sample batch = new(), floor = new(), batchCpu = new(), floorCpu = new(), batchRate = new(), floorRate = new(), duck = new();
            for (var round = 0; round <= rounds; round++)
            {
                var ours = await loads.WithBatchAsync(data, path);
                var theirs = await loads.WithClickHouseAsync(data, path);
                var duckDbs = duckDb is null ? (LoadFigures?)null : await duckDb.LoadAsync(data, path, rows);
                if (round == 0)
                    continue; // whatever is done once: compiling, opening files
                batch.Add(ours.Seconds);
                floor.Add(theirs.Seconds);
                if (duckDbs is { } figures)
                    duck.Add(figures.Seconds);
                batchCpu.Add(ours.CpuSeconds);
                floorCpu.Add(theirs.CpuSeconds);
                batchRate.Add(rows / 1e6 / ours.Seconds);
                floorRate.Add(rows / 1e6 / theirs.Seconds);
                await Console.Error.WriteLineAsync($"{data.Name}, round {round}: Batch {ours.Seconds:0.00} s ({ours.CpuSeconds:0.00} s of processor), floor {theirs.Seconds:0.00} s ({theirs.CpuSeconds:0.00} s), DuckDB {duckDbs?.Seconds:0.00} s");
            }
            File.Delete(path);
            table.Add(data.Name, $"{bytes / 1e6:0}", rows.ToString("N0", CultureInfo.InvariantCulture), batch.Text("0.00"), floor.Text("0.00"),
                batchRate.Text("0.00"), floorRate.Text("0.00"), Ratio(floor, batch), Ratio(floorCpu, batchCpu),
                duckDb is null ? "" : duck.Text("0.00"), duckDb is null ? "" : Ratio(duck, batch));
            chart.Add(data.Name, ("Batch", batchRate.Median, batchRate.Min, batchRate.Max), ("ClickHouse", floorRate.Median, floorRate.Min, floorRate.Max));
        }
        return (table, chart);
    }

    static string Ratio(Sample floor, Sample batch) => (floor.Median / batch.Median).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>So many that the file has about the size.</summary>
    static long RowsFor(DataSet data, string folder, long bytes)
    {
        const int Probe = 10_000;
        var path = Path.Combine(folder, "probe.csv");
        var length = data.Write(path, Probe);
        File.Delete(path);
        return bytes * Probe / length / Probe * Probe;
    }
}
