using Batch.Client;

namespace Batch.Benchmarks.Soak;

/// <summary>What must be so of one job.</summary>
internal static class SoakRules
{
    const int QuartersOfARepair = 4;

    /// <summary>What contradicts the upload, in words.</summary>
    public static IEnumerable<string> Breaches(Sent sent, JobStatus job, Loaded loaded)
    {
        var (what, counts) = (Named(sent), $"{job.Success} + {job.Errors} + {job.Abandoned}");
        var isWhole = (job.Success, job.Errors, job.Abandoned) == (sent.File.Good, sent.File.Bad, 0);
        var isDone = job.State is JobState.Success or JobState.PartialSuccess;
        foreach (var breach in OfCounts(what, job, loaded))
            yield return breach;
        if (job.Total > sent.File.Rows || job.Errors > sent.File.Bad || job.Success > sent.File.Good)
            yield return $"{what}: has {counts} rows, more than the file.";
        // Whoever broke it off: a job that says that it is done has every row of the file.
        if (isDone && !isWhole)
            yield return $"{what}: is {job.State}, with {counts} rows.";
        // No fault of the soak takes a record out of the log.
        if (job.FailureCode is "CONSERVATION_BREACH" or "LOG_LOST_CHUNKS" or "DEAD_LETTER")
            yield return $"{what}: is {job.State} {job.FailureCode}. {job.Failure}";
        if (!isDone && sent.Promise == Promise.Whole && !isWhole)
            yield return $"{what}: was acknowledged, and is {job.State} {job.FailureCode} with {counts} rows. {job.Failure}";
        if (sent.Promise == Promise.OverBudget && job is not { State: JobState.Failed, FailureCode: "ERROR_BUDGET_EXCEEDED" })
            yield return $"{what}: has more bad rows than it may have, and is {job.State} {job.FailureCode} with {counts} rows.";
        if (sent.Promise == Promise.Cancelled && job.State != JobState.Cancelled)
            yield return $"{what}: was cancelled, and is {job.State} {job.FailureCode} with {counts} rows.";
        if (job.Success == sent.File.Good && loaded.Rows == job.Success && loaded.Quarters != sent.File.Quarters)
            yield return $"{what}: the amounts add up to {loaded.Quarters} quarters, not {sent.File.Quarters}.";
    }

    /// <summary>What contradicts the repair, in words.</summary>
    /// <param name="sent">Null: nobody was told that it was taken.</param>
    public static IEnumerable<string> Breaches(SentRepair? sent, JobStatus job, Loaded loaded)
    {
        var what = $"The repair {job.JobId} of {job.SourceJobId} ({sent?.File.Name ?? "not acknowledged"})";
        foreach (var breach in OfCounts(what, job, loaded))
            yield return breach;
        if (loaded.Quarters != job.Success * QuartersOfARepair)
            yield return $"{what}: the amounts add up to {loaded.Quarters} quarters, not {job.Success * QuartersOfARepair}.";
        if (sent is not null && (job.State != JobState.Success || job.Success != sent.File.Bad))
            yield return $"{what}: was acknowledged, and is {job.State} {job.FailureCode} with {job.Success} of {sent.File.Bad} rows. {job.Failure}";
    }

    static IEnumerable<string> OfCounts(string what, JobStatus job, Loaded loaded)
    {
        if (!job.IsOver)
            yield return $"{what}: is still {job.State}, {job.Success} + {job.Errors} + {job.Abandoned} of {job.Total}.";
        if (job.Success + job.Errors + job.Abandoned != job.Total)
            yield return $"{what}: {job.Success} + {job.Errors} + {job.Abandoned} is not {job.Total}.";
        if (loaded.Rows != job.Success || loaded.Distinct != job.Success)
            yield return $"{what}: says that {job.Success} rows are loaded; the table has {loaded.Rows}, {loaded.Distinct} different.";
        if (loaded.Rejected != job.Errors)
            yield return $"{what}: says that {job.Errors} rows are rejected; {loaded.Rejected} are kept.";
    }

    public static string Named(Sent sent) =>
        $"{sent.File.Name} of {sent.Tenant} ({sent.File.Rows} rows, {sent.File.Bad} bad; answer: {sent.Answer}), job {sent.JobId}";
}
