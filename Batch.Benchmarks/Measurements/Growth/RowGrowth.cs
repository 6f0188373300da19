using Batch.Benchmarks.Data;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Measurements.Growth;

/// <summary>Time and memory as files grow tenfold: each in a system of its own, so that a peak belongs to its file.</summary>
internal static class RowGrowth
{
    public static async Task<GrowthTable> RunAsync(string folder, IReadOnlyList<long> rowCounts)
    {
        var table = new GrowthTable("Growth: one file of the mixed set, by its rows", "rows", "MB");
        foreach (var rows in rowCounts)
        {
            var path = Path.Combine(folder, "growth.csv");
            var bytes = DataSets.Mixed.Write(path, rows);
            await using (var system = await BatchSystem.StartAsync(Path.Combine(folder, "growth")))
            {
                var figures = await new Loads(system).WithBatchAsync(DataSets.Mixed, path, rows);
                table.Add(system, rows, figures.Seconds, rows, $"{bytes / 1e6:0}");
            }
            Directory.Delete(Path.Combine(folder, "growth"), recursive: true);
            File.Delete(path);
        }
        return table;
    }
}
