using System.Globalization;
using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Soak;

/// <summary>Memory, descriptors and threads of each process over time: at the end none may have more than in the first half, within a margin.</summary>
internal sealed class SoakFigures(SoakSystem system)
{
    const double Margin = 1.25;
    const int MoreMegabytes = 150, MoreFiles = 150, MoreThreads = 40;

    readonly record struct Figures(long Megabytes, int Files, int Threads)
    {
        public Figures Max(Figures other) => new(Math.Max(Megabytes, other.Megabytes), Math.Max(Files, other.Files), Math.Max(Threads, other.Threads));
    }

    readonly Dictionary<string, Figures> _firstHalf = [];

    /// <summary>Looks at all processes that run, in the first half of the soak.</summary>
    public void Sample()
    {
        foreach (var process in system.Processes)
            if (Of(process) is { } now)
                _firstHalf[process.Name] = _firstHalf.GetValueOrDefault(process.Name).Max(now);
    }

    /// <summary>Compares with what they have now.</summary>
    public (Table Table, List<string> Breaches) Compare()
    {
        var table = new Table(
            "Processes", "process", "starts", "MB at most in the first half", "MB at the end", "files, first half", "files, end", "threads, first half",
            "threads, end");
        var breaches = new List<string>();
        foreach (var process in system.Processes)
        {
            var (then, now) = (_firstHalf.GetValueOrDefault(process.Name), Of(process) ?? default);
            table.Add(
                process.Name, Text(process.Starts), Text(then.Megabytes), Text(now.Megabytes), Text(then.Files), Text(now.Files),
                Text(then.Threads), Text(now.Threads));
            Check(process.Name, "MB of memory", then.Megabytes, now.Megabytes, MoreMegabytes, breaches);
            Check(process.Name, "open files", then.Files, now.Files, MoreFiles, breaches);
            Check(process.Name, "threads", then.Threads, now.Threads, MoreThreads, breaches);
        }
        return (table, breaches);
    }

    static void Check(string process, string what, long then, long now, int more, List<string> breaches)
    {
        if (now > then * Margin + more)
            breaches.Add($"{process} has {now} {what} at the end, and had {then} at most in the first half.");
    }

    static Figures? Of(SoakProcess process)
    {
        try
        {
            return process.Id is not { } id ? null : new Figures(
                ProcessFigures.Of(id).ResidentMegabytes, Directory.GetFiles($"/proc/{id}/fd").Length, Directory.GetDirectories($"/proc/{id}/task").Length);
        }
        catch (Exception fault) when (fault is IOException or KeyNotFoundException)
        {
            // It has just ended; what is left of it has no memory.
            return null;
        }
    }

    static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
