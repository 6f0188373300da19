using Batch.Client;

namespace Batch.Cli.Output;

/// <summary>A job as a bar: <c>#</c> loaded, <c>X</c> rejected or abandoned, <c>-</c> left.</summary>
internal static class JobBar
{
    /// <summary>Cells of the user guide's bar.</summary>
    public const int Cells = 17;

    public static string Of(JobStatus job, int cells = Cells)
    {
        if (job.Total == 0)
            return $"[{new string(job.State == JobState.Success ? '#' : '-', cells)}]";
        var loaded = (int)(cells * (Int128)job.Success / job.Total);
        // Nothing is left of a job that is over: one bad row in a million still shows.
        var bad = job.IsOver ? cells - loaded : (int)(cells * (Int128)(job.Errors + job.Abandoned) / job.Total);
        return $"[{new string('#', loaded)}{new string('X', bad)}{new string('-', cells - loaded - bad)}]";
    }

    /// <summary>The same for anything that goes from nothing to all.</summary>
    public static string Of(double done, int cells = Cells)
    {
        var full = (int)(cells * Math.Clamp(done, 0, 1));
        return $"[{new string('#', full)}{new string('-', cells - full)}]";
    }
}
