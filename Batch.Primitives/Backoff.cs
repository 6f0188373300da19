namespace Batch.Primitives;

/// <summary>How long to wait after each failure in a row: longer every time, up to a limit.</summary>
/// <param name="Jitter">Share of a pause, 0 to 1, of which chance takes off some: those that failed together do not come back together.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Longest, double Factor = 2, double Jitter = 0)
{
    /// <summary>By then every pause is as long as it gets; more would overflow.</summary>
    const int MostSteps = 50;

    /// <param name="failures">In a row, from 1 on.</param>
    public TimeSpan After(int failures)
    {
        var pause = Math.Min(First.TotalMilliseconds * Math.Pow(Factor, Math.Min(failures - 1, MostSteps)), Longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(pause * (1 - Jitter * Random.Shared.NextDouble()));
    }
}
