using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Batch.Benchmarks.Soak;

/// <summary><c>soak</c>: a mixed load for a time, with everything failing at random under it, and the reckoning at the end.</summary>
internal static class SoakCommand
{
    sealed record SoakRound(SoakSystem System, SoakDisk? Disk, SoakLedger Ledger, TimeSpan Length, int Seed, IReadOnlyCollection<string> Faults);

    static readonly TimeSpan HealLimit = TimeSpan.FromMinutes(5);
    static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(20);
    /// <summary>Then everything heals and is checked, and the rows make room for those of the next round.</summary>
    static readonly TimeSpan Round = TimeSpan.FromMinutes(4);
    static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);

    static readonly Option<double> Minutes =
        new("--minutes") { Description = "How long it fails; healing and checking come on top", DefaultValueFactory = _ => 30 };
    static readonly Option<int> Seed = new("--seed") { Description = "Of faults and files", DefaultValueFactory = _ => Random.Shared.Next(1, 100_000) };
    static readonly Option<DirectoryInfo> Folder = new("--folder")
    {
        Description = "Data and logs of all processes; kept if something is wrong",
        DefaultValueFactory = _ => new(Path.Combine(Path.GetTempPath(), "batch-soak")),
    };
    static readonly Option<int> DiskMegabytes = new("--disk-megabytes")
    {
        Description = "Size of the disk that fills, in memory; 0: none is mounted, and the disk does not fill", DefaultValueFactory = _ => 3_000,
    };
    static readonly Option<string[]> Faults = new("--faults")
    {
        Description = "Which kinds", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. SoakFaults.Kinds],
    };

    public static Command Create()
    {
        Faults.AcceptOnlyFromAmong([.. SoakFaults.Kinds]);
        var command = new Command(
            "soak", "Runs a mixed load while processes are killed, stopped and the disk fills, and then accounts for every row that was sent.")
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
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        var folder = Directory.CreateDirectory(Path.Combine(parent, $"{DateTime.UtcNow:yyyyMMdd-HHmmss}-{seed}")).FullName;
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        var disk = diskMegabytes > 0 ? SoakDisk.Mount(data, diskMegabytes) : null;
        var where = disk is null ? "the disk does not fill" : $"a disk of {diskMegabytes} MB";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Seed {seed}, {length.TotalMinutes:0.#} minutes, {where}, logs in {folder}"));
        List<string> breaches;
        await using (var system = new SoakSystem(data, folder))
        {
            await system.HealthyAsync(HealLimit);
            breaches = await RunAsync(system, disk, length, seed, kinds, folder, stop);
        }
        foreach (var breach in breaches.Take(50))
            Console.WriteLine($"WRONG: {breach}");
        Console.WriteLine(breaches.Count == 0 ? "Every row that was sent is accounted for." : $"{breaches.Count} things are wrong; logs and data are in {folder}.");
        if (breaches.Count > 0)
        {
            if (disk is not null)
                Console.WriteLine($"The data are in memory: umount {data} when you have seen them.");
            return 1;
        }
        disk?.Unmount();
        Directory.Delete(folder, recursive: true);
        return 0;

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    static async Task<List<string>> RunAsync(
        SoakSystem system, SoakDisk? disk, TimeSpan length, int seed, IReadOnlyCollection<string> kinds, string folder, CancellationTokenSource stop)
    {
        var (figures, jobs, breaches, files, rows) = (new SoakFigures(system), new HashSet<string>(StringComparer.Ordinal), new List<string>(), 0, 0L);
        var (faults, answers) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        await using var events = new StreamWriter(Path.Combine(folder, "faults.log")) { AutoFlush = true };
        var failed = TimeSpan.Zero;
        for (var round = 1; failed < length && !stop.IsCancellationRequested && breaches.Count == 0; round++)
        {
            var time = length - failed < Round ? length - failed : Round;
            var ledger = new SoakLedger(files);
            Console.WriteLine($"Round {round}: {time.TotalMinutes:0.#} minutes.");
            var load = await FailAsync(
                new SoakRound(system, disk, ledger, time, seed + round * 1_000, kinds), figures, isFirstHalf: failed < length / 2, faults, events, stop);
            Add(answers, load.Answers);
            failed += time;
            disk?.GiveBack();
            foreach (var process in system.Processes)
                process.Signal("CONT");
            var started = DateTime.UtcNow;
            try
            {
                await system.HealthyAsync(HealLimit);
                await load.Ended.WaitAsync(HealLimit);
            }
            catch (TimeoutException fault)
            {
                breaches.Add($"It has not healed: {fault.Message} {await system.UnhealthyAsync()}");
            }
            var healed = DateTime.UtcNow - started;
            var check = new SoakCheck(system, ledger, jobs);
            breaches.AddRange(await check.RunAsync());
            if (failed <= length / 2 || round == 1)
                figures.Sample();
            breaches.AddRange(load.Inexcusable.Take(20));
            (files, rows) = (ledger.Files, rows + check.LoadedRows);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Healthy after {healed.TotalSeconds:0} s, checked in {(DateTime.UtcNow - started - healed).TotalSeconds:0} s: "
                + $"{ledger.Count:N0} uploads, {check.Jobs:N0} jobs, {check.LoadedRows:N0} rows loaded, {breaches.Count} things wrong."));
        }
        await Task.Delay(length / 2 < QuietFor ? length / 2 : QuietFor);
        var (table, growth) = figures.Compare();
        breaches.AddRange(growth);
        var logMegabytes = Directory.GetFiles(system.LogFolder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) >> 20;
        Console.WriteLine(table);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{files:N0} files, {jobs.Count:N0} jobs, {rows:N0} rows loaded; the log has {logMegabytes:N0} MB. "
            + $"Faults: {Counts(faults)}. Answers: {Counts(answers)}."));
        return breaches;
    }

    /// <summary>Load and faults for the time of a round. Labelled files may still be on their way when it returns: <see cref="SoakLoad.Ended"/>.</summary>
    static async Task<SoakLoad> FailAsync(
        SoakRound round, SoakFigures figures, bool isFirstHalf, Dictionary<string, int> counts, StreamWriter events, CancellationTokenSource stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        over.CancelAfter(round.Length);
        var load = new SoakLoad(round.System, round.Ledger, round.Seed, over.Token);
        await load.StartAsync();
        var faults = new SoakFaults(round.System, round.Disk, round.Faults, round.Seed, counts, what =>
        {
            lock (events)
                events.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {what}");
        });
        var failing = faults.RunAsync(over.Token);
        for (var started = DateTime.UtcNow; !over.IsCancellationRequested;)
        {
            await Task.Delay(SayEvery, over.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (isFirstHalf)
                figures.Sample();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {DateTime.UtcNow - started:mm\\:ss}  {round.Ledger.Count,7:N0} uploads  {load.Rows,12:N0} rows  faults: {Counts(counts)}"));
        }
        await failing;
        return load;
    }

    static void Add(Dictionary<string, int> sums, IEnumerable<KeyValuePair<string, int>> more)
    {
        foreach (var (key, count) in more)
            sums[key] = sums.GetValueOrDefault(key) + count;
    }

    static string Counts(IEnumerable<KeyValuePair<string, int>> counts) =>
        string.Join(", ", counts.OrderByDescending(one => one.Value).Select(one => $"{one.Key} {one.Value}"));
}
