using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Progress;

/// <summary>One line of progress, made for the width there is.</summary>
/// <remarks>
/// <code>
/// data.csv  [########---------]  52%  1.2 GB of 2.3 GB  310 MB/s  00:04 left
/// a5b6c7d8  [########X--------]  50%  5,000,120 of 10,000,000 rows  512,000 rows/s  120 bad  00:10 left
/// </code>
/// On a narrow terminal the figures go from the right, and the bar gets shorter; the line is never broken.
/// </remarks>
internal static class ProgressLine
{
    const int LeastCells = 8;
    const int MaxTitle = 24;

    /// <param name="length">All of it; null: nobody knows.</param>
    public static string Bytes(string title, long done, long? length, double? perSecond, int width)
    {
        var rate = perSecond is { } speed ? Names.Bytes(speed) + "/s" : "";
        if (length is null)
            return Fit(title, null, [Names.Bytes(done), rate], width);
        var share = length == 0 ? 1 : Math.Min(1, (double)done / length.Value);
        return Fit(title, cells => $"{JobBar.Of(share, cells)} {(int)(100 * share),3}%",
            [$"{Names.Bytes(done)} of {Names.Bytes(length.Value)}", rate, Left(length.Value - done, perSecond)], width);
    }

    public static string Rows(JobStatus job, double? perSecond, int width)
    {
        var done = job.Success + job.Errors + job.Abandoned;
        string[] figures = job.State == JobState.Pending
            ? [$"{Names.Count(job.Total, "row")}", "waiting for a worker"]
            :
            [
                $"{Names.Number(done)} of {Names.Count(job.Total, "row")}",
                perSecond is { } speed ? $"{Names.Number((long)speed)} rows/s" : "",
                job.Errors > 0 ? $"{Names.Number(job.Errors)} bad" : "",
                Left(job.Total - done, perSecond),
            ];
        return Fit(Names.Short(job.JobId), cells => $"{JobBar.Of(job, cells)} {job.Percent,3}%", figures, width);
    }

    static string Left(long rest, double? perSecond) =>
        rest > 0 && perSecond is > 0 ? $"{Names.Clock((long)Math.Min(rest / perSecond.Value * 1000, 359_999_000))} left" : "";

    static string Fit(string title, Func<int, string>? bar, string[] figures, int width)
    {
        title = TextWidth.Cut(TextWidth.Safe(title), MaxTitle);
        var shown = figures.Where(figure => figure.Length > 0).ToList();
        while (true)
        {
            var line = Compose(JobBar.Cells);
            var over = TextWidth.Of(line) - width;
            if (over <= 0)
                return line;
            if (bar is not null && JobBar.Cells - over >= LeastCells)
                return Compose(JobBar.Cells - over);
            if (shown.Count == 0)
                return TextWidth.Cut(line, width);
            shown.RemoveAt(shown.Count - 1);
        }

        string Compose(int cells) => string.Join("  ", new[] { title, bar?.Invoke(cells) }.Where(part => part is not null).Concat(shown));
    }
}
