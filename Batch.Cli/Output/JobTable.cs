using Batch.Client;

namespace Batch.Cli.Output;

/// <summary>The job table of the user guide, to the column; on a narrower terminal, as much of it as there is room for.</summary>
internal static class JobTable
{
    const int ModelWidth = 11;
    /// <summary>Where the bar has no fewer cells than this it can still be read.</summary>
    const int LeastCells = 8;

    public static void Write(IReadOnlyList<JobStatus> jobs, TextWriter output, int width = 0, bool colour = false)
    {
        var table = Fitted(jobs, width);
        table.Write(output, colour
            ? (row, column, cell) => column switch
            {
                2 => Colours.Of(jobs[row].State, cell),
                6 => Colours.Bar(cell),
                _ => cell,
            }
            : null);
    }

    /// <summary>The times go first, then cells of the bar: how far a job is matters more than how long it took.</summary>
    static TextTable Fitted(IReadOnlyList<JobStatus> jobs, int width)
    {
        var table = Fill(jobs, width, JobBar.Cells, times: true);
        var over = table.NaturalWidth - width;
        if (width == 0 || over <= 0)
            return table;
        table = Fill(jobs, width, JobBar.Cells, times: false);
        over = table.NaturalWidth - width;
        return over <= 0 ? table : Fill(jobs, width, Math.Max(LeastCells, JobBar.Cells - over), times: false);
    }

    static TextTable Fill(IReadOnlyList<JobStatus> jobs, int width, int cells, bool times)
    {
        var table = new TextTable(width)
            .Column("JOB", 8).Column("MODEL", ModelWidth).Column("STATE", 15)
            .Column("TOTAL", 7, right: true).Column("OK", 7, right: true).Column("ERRORS", 7, right: true)
            .Column("PROGRESS", cells + 7);
        if (times)
            table.Column("WAITING", 7, right: true).Column("PROCESSING", 11, right: true, gap: 2);
        foreach (var job in jobs)
        {
            string[] row =
            [
                Names.Short(job.JobId), TextWidth.Cut(job.ModelName.Length > 0 ? job.ModelName : job.ModelId, ModelWidth), Names.Of(job.State),
                Names.Number(job.Total), Names.Number(job.Success), Names.Number(job.Errors), $"{JobBar.Of(job, cells)} {job.Percent,3}%",
            ];
            table.Row(times ? [.. row, Names.Clock(job.WaitingMs), Names.Clock(job.ProcessingMs)] : row);
        }
        return table;
    }
}
