using System.CommandLine;
using System.Runtime.InteropServices;
using Batch.Benchmarks.Data;
using Batch.Benchmarks.Measurements;
using Batch.Benchmarks.Measurements.Growth;
using Batch.Benchmarks.Measurements.Stages;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;
using Batch.Benchmarks.Soak;

namespace Batch.Benchmarks;

/// <summary>The command line: all measurements or some, to the terminal as Markdown and, where asked, into a folder with charts.</summary>
internal static class BenchmarkCommand
{
    static readonly string[] Growths = ["growth-rows", "growth-models", "growth-jobs"];
    static readonly string[] Everything = ["stages", "endtoend", "jobs", .. Growths];

    static readonly Argument<string[]> What = new("what")
    {
        Description = "What to measure; everything by default. Estimates for the defaults on two cores: "
            + "stages 8 minutes, endtoend 25, jobs 1, growth 12, which is growth-rows (5), growth-models (2) and growth-jobs (5)",
        Arity = ArgumentArity.ZeroOrMore,
    };
    static readonly Option<long> Megabytes = new("--megabytes") { Description = "stages, endtoend: size of the files", DefaultValueFactory = _ => 128 };
    static readonly Option<int> Rounds =
        new("--rounds") { Description = "stages, endtoend, jobs: how often each is measured; contestants alternate", DefaultValueFactory = _ => 5 };
    static readonly Option<string[]> Sets = Many("--sets",
        "stages, endtoend: data sets; by default narrow and mixed for stages, all for endtoend. Stages skip those with bad rows", Array.Empty<string>());
    static readonly Option<int> Jobs = new("--jobs") { Description = "jobs: how many in each round", DefaultValueFactory = _ => 2000 };
    static readonly Option<long[]> Rows = Many("--rows", "growth-rows: rows in each file; 100 million are 9 GB", 1_000_000L, 10_000_000, 100_000_000);
    static readonly Option<int[]> Models = Many("--models", "growth-models: models of each system", 1, 10, 100);
    static readonly Option<long> ModelRows =
        new("--model-rows") { Description = "growth-models: rows for all models of a system together", DefaultValueFactory = _ => 10_000_000 };
    static readonly Option<int[]> Finished = Many("--finished", "growth-jobs: number of finished jobs when queries are timed", 100, 1_000, 10_000);
    static readonly Option<DirectoryInfo> Folder = new("--folder")
    {
        Description = "Folder for temporary files and tables", DefaultValueFactory = _ =>
        new(Path.Combine(Path.GetTempPath(), "batch-benchmarks"))
    };
    static readonly Option<DirectoryInfo?> Out = new("--out") { Description = "Write results.md and its charts here" };

    public static Task<int> RunAsync(string[] args)
    {
        What.AcceptOnlyFromAmong([.. Everything, "growth"]);
        Sets.AcceptOnlyFromAmong([.. DataSets.All.Select(set => set.Name)]);
        var root = new RootCommand(
            "Measures Batch and what it is compared with, in one run.")
        {
            What, Megabytes, Rounds, Sets, Jobs, Rows, Models, ModelRows, Finished, Folder, Out, SoakCommand.Create(),
        };
        root.SetAction((parsed, _) => MeasureAsync(parsed, string.Join(' ', args.Select(argument => argument.Contains(' ') ? $"'{argument}'" : argument))));
        // A command that is told to end takes the time that it needs: a soak heals and checks first.
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
    }

    static async Task MeasureAsync(ParseResult parsed, string arguments)
    {
        var named = parsed.GetValue(What)!;
        var what = named.Length == 0 ? Everything : [.. named.SelectMany(part => part == "growth" ? Growths : [part])];
        var folder = Path.Combine(parsed.GetValue(Folder)!.FullName, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        var report = new Report();
        try
        {
            await using (var system = await BatchSystem.StartAsync(Path.Combine(folder, "system")))
            {
                report.Add(await MachineAsync(system, arguments));
                if (what.Contains("stages"))
                    await StagesAsync(report, system, parsed, folder);
                if (what.Contains("endtoend"))
                    await EndToEndAsync(report, system, parsed, folder);
                if (what.Contains("jobs"))
                    await JobsAsync(report, system, parsed);
            }
            Directory.Delete(Path.Combine(folder, "system"), recursive: true);
            if (what.Contains("growth-rows"))
                Add(report, "growth-rows", "Time and memory by rows", await RowGrowth.RunAsync(folder, parsed.GetValue(Rows)!));
            if (what.Contains("growth-models"))
                Add(report, "growth-models", "Time and memory by models",
                    await ModelGrowth.RunAsync(folder, parsed.GetValue(Models)!, parsed.GetValue(ModelRows)));
            if (what.Contains("growth-jobs"))
            {
                var (table, chart) = await JobGrowth.RunAsync(folder, parsed.GetValue(Finished)!);
                report.Add(table);
                report.AddChart("growth-jobs", "Job queries by number of jobs", chart.ToSvg());
            }
        }
        finally
        {
            // What was measured before something went wrong was measured.
            if (parsed.GetValue(Out) is { } results)
                await report.WriteAsync(results);
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task StagesAsync(Report report, BatchSystem system, ParseResult parsed, string folder)
    {
        foreach (var data in SetsOf(parsed, [DataSets.Narrow, DataSets.Mixed]).Where(set => set.BadOneIn == 0))
        {
            var (table, bottleneck) = await StageMeasurement.RunAsync(system, folder, data, parsed.GetValue(Megabytes), parsed.GetValue(Rounds));
            report.Add(table);
            report.Add(bottleneck);
        }
    }

    static async Task EndToEndAsync(Report report, BatchSystem system, ParseResult parsed, string folder)
    {
        var (table, badFiles, chart) = await EndToEnd.RunAsync(
            system, folder, SetsOf(parsed, DataSets.All), parsed.GetValue(Megabytes), parsed.GetValue(Rounds));
        report.Add(table);
        if (badFiles.Length > 0)
            report.Add(badFiles);
        report.AddChart("endtoend", "Rows loaded end to end", chart.ToSvg());
    }

    static async Task JobsAsync(Report report, BatchSystem system, ParseResult parsed)
    {
        var jobs = await SmallJobs.PrepareAsync(system);
        report.Add(await jobs.MeasureAsync(parsed.GetValue(Jobs), parsed.GetValue(Rounds)));
        var looks = JobLooks.NewTable("Job queries");
        (await JobLooks.MeasureAsync(system, jobs.JobIds)).AddTo(looks, jobs.JobIds.Count);
        report.Add(looks);
    }

    static void Add(Report report, string name, string what, GrowthTable growth)
    {
        report.Add(growth);
        report.AddChart(name, what, growth.ToSvg());
    }

    static IEnumerable<DataSet> SetsOf(ParseResult parsed, IReadOnlyList<DataSet> usual) =>
        parsed.GetValue(Sets) is { Length: > 0 } named ? DataSets.All.Where(set => named.Contains(set.Name)) : usual;

    static Option<T[]> Many<T>(string name, string description, params T[] usual) =>
        new(name) { Description = description, AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => usual };

    static async Task<string> MachineAsync(BatchSystem system, string arguments)
    {
        var processor = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
        var load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        var engine = await system.SqlAsync("SELECT version()");
        return $"{processor}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, {RuntimeInformation.OSDescription}; "
            + $"{RuntimeInformation.FrameworkDescription}, ClickHouse engine {engine}; load average at the start {load}; {DateTime.UtcNow:yyyy-MM-dd}.\n"
            + $"`dotnet run -c Release --project Batch.Benchmarks -- {arguments}`\n";
    }
}
