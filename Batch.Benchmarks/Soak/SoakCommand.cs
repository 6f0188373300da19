using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Batch.Benchmarks.Soak;

/// <summary><c>soak</c>: a mixed load for a time, with everything failing at random under it, and the reckoning at the end.</summary>
internal static class SoakCommand
{
    static readonly TimeSpan HealLimit = TimeSpan.FromMinutes(5);
    static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(20);
    static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);

    static readonly Option<double> Minutes = new("--minutes") { Description = "How long it fails; healing and checking come on top", DefaultValueFactory = _ => 30 };
    static readonly Option<int> Seed = new("--seed") { Description = "Of faults and files", DefaultValueFactory = _ => Random.Shared.Next(1, 100_000) };
    static readonly Option<DirectoryInfo> Folder = new("--folder")
    {
        Description = "Data and logs of all processes; kept if something is wrong",
        DefaultValueFactory = _ => new(Path.Combine(Path.GetTempPath(), "batch-soak")),
    };
    static readonly Option<int> DiskMegabytes =
        new("--disk-megabytes") { Description = "Size of the disk that fills, in memory; 0: none is mounted, and the disk does not fill", DefaultValueFactory = _ => 3_000 };
    static readonly Option<string[]> Faults = new("--faults")
    {
        Description = "Which kinds", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. SoakFaults.Kinds],
    };

    public static Command Create()
    {
        Faults.AcceptOnlyFromAmong([.. SoakFaults.Kinds]);
        var command = new Command("soak", "Runs a mixed load while processes are killed, stopped and the disk fills, and then accounts for every row that was sent.")
        {
            Minutes, Seed, Folder, DiskMegabytes, Faults,
        };
        command.SetAction((parsed, _) => RunAsync(
            TimeSpan.FromMinutes(parsed.GetValue(Minutes)), parsed.GetValue(Seed), parsed.GetValue(Folder)!.FullName, parsed.GetValue(DiskMegabytes),
            parsed.GetValue(Faults)!));
        return command;
    }

    /// <returns>0: every row is accounted for; 1: something is wrong.</returns>
    static async Task<int> RunAsync(TimeSpan length, int seed, string parent, int diskMegabytes, IReadOnlyCollection<string> kinds)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"{DateTime.UtcNow:yyyyMMdd-HHmmss}-{seed}")).FullName;
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        using var disk = diskMegabytes > 0 ? SoakDisk.Mount(data, diskMegabytes) : null;
        Console.WriteLine($"Seed {seed}, {length.TotalMinutes:0.#} minutes, {(disk is null ? "the disk does not fill" : $"a disk of {diskMegabytes} MB")}, logs in {folder}");
        List<string> breaches;
        await using (var system = new SoakSystem(data, folder))
        {
            await system.HealthyAsync(HealLimit);
            breaches = await RunAsync(system, disk, length, seed, kinds, folder, stop);
        }
        foreach (var breach in breaches.Take(50))
            Console.WriteLine($"WRONG: {breach}");
        Console.WriteLine(breaches.Count == 0 ? "Every row that was sent is accounted for." : $"{breaches.Count} things are wrong; the logs are in {folder}.");
        disk?.Dispose();
        if (breaches.Count == 0)
            Directory.Delete(folder, recursive: true);
        return breaches.Count == 0 ? 0 : 1;
    }

    static async Task<List<string>> RunAsync(
        SoakSystem system, SoakDisk? disk, TimeSpan length, int seed, IReadOnlyCollection<string> kinds, string folder, CancellationTokenSource stop)
    {
        var (ledger, figures, started) = (new SoakLedger(), new SoakFigures(system), DateTime.UtcNow);
        stop.CancelAfter(length);
        await using var events = new StreamWriter(Path.Combine(folder, "faults.log")) { AutoFlush = true };
        var load = new SoakLoad(system, ledger, seed, stop.Token);
        await load.PrepareAsync();
        var faults = new SoakFaults(system, disk, kinds, seed, what =>
        {
            lock (events)
                events.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {what}");
        });
        var (working, failing) = (load.RunAsync(), faults.RunAsync(stop.Token));
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(SayEvery, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (DateTime.UtcNow - started < length / 2)
                figures.Sample();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{DateTime.UtcNow - started:hh\\:mm\\:ss}  {ledger.Count,7:N0} uploads  {load.Rows,12:N0} rows  faults: {Counts(faults.Counts)}"));
        }

        await failing;
        disk?.GiveBack();
        foreach (var process in system.Processes)
            process.Signal("CONT");
        Console.WriteLine("No more faults. Waiting until all is healthy and all jobs are over.");
        var breaches = new List<string>();
        try
        {
            await system.HealthyAsync(HealLimit);
            await working.WaitAsync(HealLimit);
        }
        catch (TimeoutException fault)
        {
            breaches.Add($"It has not healed: {fault.Message} {await system.UnhealthyAsync()}");
        }
        var check = new SoakCheck(system, ledger);
        breaches.AddRange(await check.RunAsync());
        breaches.AddRange(load.Inexcusable.Take(20));
        await Task.Delay(QuietFor);
        var (table, growth) = figures.Compare();
        breaches.AddRange(growth);
        var logMegabytes = Directory.GetFiles(system.LogFolder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) >> 20;
        Console.WriteLine(table);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{ledger.Count:N0} uploads, {check.Jobs:N0} jobs, {check.LoadedRows:N0} rows loaded; the log has {logMegabytes:N0} MB. Faults: {Counts(faults.Counts)}. Answers: {Counts(load.Answers)}."));
        return breaches;
    }

    static string Counts(IEnumerable<KeyValuePair<string, int>> counts) =>
        string.Join(", ", counts.OrderByDescending(one => one.Value).Select(one => $"{one.Key} {one.Value}"));
}
