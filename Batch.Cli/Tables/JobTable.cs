using System.Globalization;
using Batch.Client;

namespace Batch.Cli.Tables;

/// <summary>The job table of the user guide, to the column.</summary>
internal static class JobTable
{
    const int Cells = 17;

    public static void Write(IEnumerable<JobStatus> jobs, TextWriter output, bool colour)
    {
        var list = jobs.ToList();
        var table = new TextTable()
            .Column("JOB", 8).Column("MODEL", 11).Column("STATE", 15)
            .Column("TOTAL", 7, right: true).Column("OK", 7, right: true).Column("ERRORS", 7, right: true)
            .Column("PROGRESS", 24).Column("WAITING", 7, right: true).Column("PROCESSING", 11, right: true, gap: 2);
        foreach (var job in list)
            table.Row(
                ShortId(job.JobId), Cut(job.ModelName.Length > 0 ? job.ModelName : job.ModelId, 11), StateName(job.State),
                Number(job.Total), Number(job.Success), Number(job.Errors),
                $"{Bar(job)} {job.Percent,3}%", Clock(job.WaitingMs), Clock(job.ProcessingMs));
        table.Write(output, colour ? (row, column, cell) => column == 2 ? Paint(list[row].State, cell) : cell : null);
    }

    public static string ShortId(string id) => id.Length > 8 ? id[..8] : id;

    /// <summary><c>#</c> loaded, <c>X</c> rejected or abandoned, <c>-</c> left.</summary>
    public static string Bar(JobStatus job)
    {
        if (job.Total == 0)
            return $"[{new string(job.State == JobState.Success ? '#' : '-', Cells)}]";
        var loaded = (int)(Cells * job.Success / job.Total);
        // Nothing is left of a job that is over: one bad row in a million still shows.
        var bad = job.IsOver ? Cells - loaded : (int)(Cells * (job.Errors + job.Abandoned) / job.Total);
        return $"[{new string('#', loaded)}{new string('X', bad)}{new string('-', Cells - loaded - bad)}]";
    }

    public static string StateName(JobState state) => state switch
    {
        JobState.PartialSuccess => "PARTIAL_SUCCESS",
        _ => state.ToString().ToUpperInvariant(),
    };

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>mm:ss; from an hour on the minutes go on counting.</summary>
    public static string Clock(long milliseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 60_000:00}:{milliseconds / 1000 % 60:00}");

    public static string Cut(string text, int width) => text.Length <= width ? text : text[..(width - 2)] + "..";

    static string Paint(JobState state, string text)
    {
        var code = state switch
        {
            JobState.Success => 32,
            JobState.PartialSuccess => 33,
            JobState.Failed => 31,
            JobState.Running => 36,
            JobState.Cancelled => 35,
            _ => 37,
        };
        return $"\e[{code}m{text}\e[0m";
    }
}
