using System.Globalization;
using Batch.Benchmarks.Data;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Measurements;

/// <summary>Time and memory as files grow tenfold: each in a system of its own, so that a peak belongs to its file.</summary>
internal static class Growth
{
    public static async Task<Table> RunAsync(string folder, IEnumerable<long> rowCounts)
    {
        var table = new Table("Growth, mixed set",
            "rows", "MB", "s", "Mrow/s", "API, log and workers: peak MB", "ClickHouse: peak MB");
        foreach (var rows in rowCounts)
        {
            var path = Path.Combine(folder, "growth.csv");
            var bytes = DataSets.Mixed.Write(path, rows);
            var data = Path.Combine(folder, "growth");
            await using (var system = await BatchSystem.StartAsync(data))
            {
                var figures = await new Loads(system).WithBatchAsync(DataSets.Mixed, path);
                table.Add(rows.ToString("N0", CultureInfo.InvariantCulture), $"{bytes / 1e6:0}",
                    figures.Seconds.ToString("0.0", CultureInfo.InvariantCulture), (rows / 1e6 / figures.Seconds).ToString("0.00", CultureInfo.InvariantCulture),
                    $"{system.Host.PeakMegabytes}", $"{system.Engine.PeakMegabytes}");
            }
            Directory.Delete(data, recursive: true);
            File.Delete(path);
        }
        return table;
    }
}
