using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Measurements.Growth;

/// <summary>How long a look at jobs takes as finished ones pile up, all of them submitted and loaded the way any job is.</summary>
internal static class JobGrowth
{
    public static async Task<(Table Table, LineChart Chart)> RunAsync(string folder, IReadOnlyList<int> jobCounts)
    {
        var table = JobLooks.NewTable("Growth: a look at jobs, by the number of finished ones");
        var points = new List<(double Jobs, JobLooks Looks)>();
        await using (var system = await BatchSystem.StartAsync(Path.Combine(folder, "growth")))
        {
            var jobs = await SmallJobs.PrepareAsync(system);
            foreach (var count in jobCounts.Order().Distinct())
            {
                var before = jobs.JobIds.Count;
                await jobs.SubmitAsync(count - before);
                var looks = await JobLooks.MeasureAsync(system, jobs.JobIds[before..]);
                looks.AddTo(table, count);
                points.Add((count, looks));
                await Console.Error.WriteLineAsync($"{count:N0} finished jobs: {looks.List.Median:0.0} ms for the list, {looks.First.Median:0.0} ms for one");
            }
        }
        Directory.Delete(Path.Combine(folder, "growth"), recursive: true);

        var chart = new LineChart("A look at jobs", "finished jobs");
        chart.AddPanel("list of 100, ms", Line("p50", looks => looks.List.Median), Line("p99", looks => looks.List.Quantile(0.99)));
        chart.AddPanel("one job, first look, ms", Line("p50", looks => looks.First.Median), Line("p99", looks => looks.First.Quantile(0.99)));
        return (table, chart);

        (string, (double, double)[]) Line(string name, Func<JobLooks, double> value) => (name, [.. points.Select(point => (point.Jobs, value(point.Looks)))]);
    }
}
