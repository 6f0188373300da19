using Batch.Benchmarks.Data;
using Batch.Benchmarks.Running;
using Batch.Client;

namespace Batch.Benchmarks.Measurements.Growth;

/// <summary>The same files, as many and as large, for one model or for many: each number of models in a separate system.</summary>
internal static class ModelGrowth
{
    const int Jobs = 100;
    const int ClientCount = 4;

    public static async Task<GrowthTable> RunAsync(string folder, IReadOnlyList<int> modelCounts, long rows)
    {
        var rowsPerJob = (int)(rows / Jobs);
        var file = new MemoryStream();
        DataSets.Mixed.Write(file, rowsPerJob);
        var table = new GrowthTable(
            $"Growth: {Jobs} files of {rowsPerJob:N0} rows ({file.Length / 1e6:0.0} MB), mixed set, from {ClientCount} clients, by the number of models that take turns",
            "models", "active parts at the end");
        foreach (var count in modelCounts)
        {
            await using (var system = await BatchSystem.StartAsync(Path.Combine(folder, "growth")))
            {
                var loads = new Loads(system);
                var models = new List<Model>();
                while (models.Count < count)
                    models.Add(await loads.NewModelAsync(DataSets.Mixed));
                var seconds = await new Clients(system, file.ToArray(), rowsPerJob, ClientCount).SubmitAsync(models, Jobs);
                var parts = await system.SqlAsync("SELECT count() FROM system.parts WHERE active AND table LIKE 'data_%'");
                table.Add(system, count, seconds, (long)rowsPerJob * Jobs, parts);
            }
            Directory.Delete(Path.Combine(folder, "growth"), recursive: true);
        }
        return table;
    }
}
