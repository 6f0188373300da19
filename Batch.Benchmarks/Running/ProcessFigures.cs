using System.Globalization;

namespace Batch.Benchmarks.Running;

/// <summary>What a process has used so far, from <c>/proc</c>.</summary>
/// <param name="CpuSeconds">Processor time, user and kernel, of all cores.</param>
/// <param name="ResidentMegabytes">Memory now.</param>
/// <param name="PeakMegabytes">The most it ever had.</param>
internal readonly record struct ProcessFigures(double CpuSeconds, long ResidentMegabytes, long PeakMegabytes)
{
    const double TicksPerSecond = 100; // USER_HZ, the same on every Linux there is

    public static ProcessFigures Of(int processId)
    {
        var fields = StatOf(processId);
        var status = File.ReadLines($"/proc/{processId}/status").Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new(
            (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond,
            Megabytes(status["VmRSS"]), Megabytes(status["VmHWM"]));
    }

    /// <summary>Of several processes together; the peaks are added too, though they need not have been at the same time.</summary>
    public static ProcessFigures operator +(ProcessFigures one, ProcessFigures other) => new(
        one.CpuSeconds + other.CpuSeconds, one.ResidentMegabytes + other.ResidentMegabytes, one.PeakMegabytes + other.PeakMegabytes);

    // 42 (name (of it)) S 17 …: the name may hold anything, so what counts comes after the last parenthesis.
    static string[] StatOf(int processId)
    {
        var text = File.ReadAllText($"/proc/{processId}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    static long Megabytes(string kilobytes) => long.Parse(kilobytes.Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) >> 10;
}
