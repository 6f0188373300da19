using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Batch.Benchmarks.Measurements;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks;

/// <summary>The command line: all measurements or one, to the terminal as Markdown and, where asked, into a folder with a chart.</summary>
internal static class BenchmarkCommand
{
    static readonly Argument<string[]> What = new("what")
    {
        Description = "stages, endtoend, jobs, growth; all of them where none is named",
        Arity = ArgumentArity.ZeroOrMore,
    };
    static readonly Option<long> Megabytes = new("--megabytes") { Description = "Size of the files", DefaultValueFactory = _ => 128 };
    static readonly Option<int> Rounds = new("--rounds") { Description = "How often each is measured, in turns", DefaultValueFactory = _ => 5 };
    static readonly Option<int> Jobs = new("--jobs") { Description = "Small jobs", DefaultValueFactory = _ => 2000 };
    static readonly Option<string[]> Sets = new("--sets") { Description = "Data sets for endtoend; all where none is named", AllowMultipleArgumentsPerToken = true };
    static readonly Option<long[]> Rows = new("--rows") { Description = "Rows for growth", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1_000_000, 10_000_000] };
    static readonly Option<DirectoryInfo> Folder = new("--folder") { Description = "Where files and tables are kept meanwhile", DefaultValueFactory = _ => new(Path.Combine(Path.GetTempPath(), "batch-benchmarks")) };
    static readonly Option<DirectoryInfo?> Out = new("--out") { Description = "Write results.md and results.svg here" };

    public static Task<int> RunAsync(string[] args)
    {
        What.AcceptOnlyFromAmong("stages", "endtoend", "jobs", "growth");
        var root = new RootCommand("Measures Batch, and what it is held against, in one run.") { What, Megabytes, Rounds, Jobs, Sets, Rows, Folder, Out };
        root.SetAction((parsed, _) => MeasureAsync(parsed, string.Join(' ', args)));
        return root.Parse(args).InvokeAsync();
    }

    static async Task MeasureAsync(ParseResult parsed, string arguments)
    {
        var what = parsed.GetValue(What) is { Length: > 0 } named ? named : ["stages", "endtoend", "jobs", "growth"];
        var folder = Path.Combine(parsed.GetValue(Folder)!.FullName, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        var report = new List<string>();
        BarChart? chart = null;
        void Report(Table table)
        {
            report.Add(table.ToString());
            Console.WriteLine(table);
        }
        try
        {
            if (what.Contains("stages"))
                Report(await Measurements.Stages.RunAsync((int)parsed.GetValue(Megabytes), parsed.GetValue(Rounds)));
            if (what.Contains("endtoend") || what.Contains("jobs"))
            {
                await using var system = await BatchSystem.StartAsync(Path.Combine(folder, "system"));
                report.Insert(0, await MachineAsync(system, arguments));
                Console.WriteLine(report[0]);
                if (what.Contains("endtoend"))
                {
                    (var table, chart) = await EndToEnd.RunAsync(system, folder, parsed.GetValue(Megabytes), parsed.GetValue(Rounds), parsed.GetValue(Sets) ?? []);
                    Report(table);
                }
                if (what.Contains("jobs"))
                    (await SmallJobs.RunAsync(system, folder, parsed.GetValue(Jobs))).ForEach(Report);
            }
            if (what.Contains("growth"))
                Report(await Growth.RunAsync(folder, parsed.GetValue(Rows)!));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        if (parsed.GetValue(Out) is { } results)
        {
            results.Create();
            await File.WriteAllTextAsync(Path.Combine(results.FullName, "results.md"), string.Join('\n', report));
            if (chart is not null)
                await File.WriteAllTextAsync(Path.Combine(results.FullName, "results.svg"), chart.ToSvg());
        }
    }

    static async Task<string> MachineAsync(BatchSystem system, string arguments)
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
        var load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        var engine = await system.SqlAsync("SELECT version()");
        return string.Create(CultureInfo.InvariantCulture,
            $"{processor}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, {RuntimeInformation.OSDescription}; "
            + $"{RuntimeInformation.FrameworkDescription}, ClickHouse engine {engine}; load average at the start {load}; {DateTime.UtcNow:yyyy-MM-dd}.\n"
            + $"`dotnet run -c Release --project Batch.Benchmarks -- {arguments}`\n");
    }
}
