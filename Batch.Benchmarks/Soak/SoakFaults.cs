namespace Batch.Benchmarks.Soak;

/// <summary>What goes wrong, at random and from a seed: something every few seconds, now and then two things at once.</summary>
/// <param name="disk">Null: the disk does not fill.</param>
/// <param name="counts">How often each kind has happened.</param>
internal sealed class SoakFaults(
    SoakSystem system, SoakDisk? disk, IReadOnlyCollection<string> kinds, int seed, Dictionary<string, int> counts, Action<string> say)
{
    public static readonly IReadOnlyList<string> Kinds = ["kill", "again", "all", "stop", "term", "disk"];

    readonly Random _random = new(seed);
    readonly List<Task> _open = [];

    public async Task RunAsync(CancellationToken stop)
    {
        List<string> possible = [.. kinds.Where(kind => kind != "disk" || disk is not null)];
        while (!stop.IsCancellationRequested && possible.Count > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(5 + 15 * _random.NextDouble()), stop).ContinueWith(_ => { }, TaskScheduler.Default);
            if (stop.IsCancellationRequested)
                break;
            var kind = possible[_random.Next(possible.Count)];
            counts[kind] = counts.GetValueOrDefault(kind) + 1;
            _open.RemoveAll(fault => fault.IsCompleted);
            _open.Add(DoAsync(kind, system.Processes[_random.Next(system.Processes.Count)], _random.NextDouble()));
            if (_random.Next(4) > 0)
                await _open[^1];
        }
        await Task.WhenAll(_open);
    }

    async Task DoAsync(string kind, SoakProcess process, double size)
    {
        say(kind is "all" or "disk" ? kind : $"{kind} {process.Name}");
        switch (kind)
        {
            case "kill":
                process.Signal("KILL");
                break;
            case "again":
                // Once more while it starts.
                process.Signal("KILL");
                await Task.Delay(TimeSpan.FromSeconds(1.1 + size));
                process.Signal("KILL");
                break;
            case "all":
                foreach (var one in system.Processes)
                    one.Signal("KILL");
                break;
            case "stop":
                process.Signal("STOP");
                await Task.Delay(TimeSpan.FromSeconds(1 + 24 * size * size));
                process.Signal("CONT");
                break;
            case "term":
                process.Signal("TERM");
                break;
            case "disk":
                disk!.Fill();
                await Task.Delay(TimeSpan.FromSeconds(1 + 14 * size));
                disk.GiveBack();
                break;
        }
    }
}
