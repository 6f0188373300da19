using System.Collections.Concurrent;
using Batch.Client;

namespace Batch.Benchmarks.Soak;

/// <summary>What the soak promised to itself about one upload.</summary>
internal enum Promise
{
    /// <summary>It was acknowledged: every row is loaded or rejected.</summary>
    Whole,
    /// <summary>It was refused, broken off, cancelled, or there was no answer: nothing doubled, and the counts add up.</summary>
    Conserved,
}

/// <summary>One upload, and what is known of it on the client's side.</summary>
/// <param name="JobId">Null: no job was named in the answer.</param>
internal sealed record Sent(string Tenant, string ModelId, SoakFile File, string? JobId, string? Label, Promise Promise, string Answer);

/// <summary>What ClickHouse has of one job, by its own count.</summary>
internal readonly record struct Loaded(long Rows, long Distinct, long Quarters);

/// <summary>All uploads of a round, and the rules that they are checked by.</summary>
/// <param name="before">Files of the rounds before: no two have the same number.</param>
internal sealed class SoakLedger(int before)
{
    readonly ConcurrentQueue<Sent> _sent = [];
    int _files = before;

    public int Files => _files;

    public int Count => _sent.Count;

    public IReadOnlyCollection<Sent> All => _sent;

    public SoakFile NewFile(int rows, int badEvery) => new(Interlocked.Increment(ref _files), rows, badEvery);

    public void Add(Sent sent) => _sent.Enqueue(sent);

    /// <summary>What contradicts the ledger in one job, in words; empty: nothing.</summary>
    /// <param name="job">Null: the API knows no such job.</param>
    public static IEnumerable<string> Breaches(Sent sent, JobStatus? job, Loaded loaded)
    {
        var what = $"{sent.File.Name} of {sent.Tenant} ({sent.File.Rows} rows, {sent.File.Bad} bad; answer: {sent.Answer}), job {sent.JobId}";
        if (job is null)
        {
            yield return $"{what}: there is no such job.";
            yield break;
        }
        if (!job.IsOver)
            yield return $"{what}: is still {job.State}, {job.Success} + {job.Errors} + {job.Abandoned} of {job.Total}.";
        if (job.Success + job.Errors + job.Abandoned != job.Total)
            yield return $"{what}: {job.Success} + {job.Errors} + {job.Abandoned} is not {job.Total}.";
        if (loaded.Rows != job.Success || loaded.Distinct != job.Success)
            yield return $"{what}: says that {job.Success} rows are loaded; the table has {loaded.Rows}, {loaded.Distinct} different.";
        if (job.Total > sent.File.Rows || job.Errors > sent.File.Bad || job.Success > sent.File.Good)
            yield return $"{what}: has {job.Success} + {job.Errors} + {job.Abandoned} rows, more than the file.";
        // Whoever broke it off: a job that says that it is done has every row of the file.
        var isDone = job.State is JobState.Success or JobState.PartialSuccess;
        if (isDone && (job.Success, job.Errors, job.Abandoned) != (sent.File.Good, sent.File.Bad, 0))
            yield return $"{what}: is {job.State}, with {job.Success} + {job.Errors} + {job.Abandoned} rows.";
        // No fault of the soak takes a record out of the log.
        if (job.FailureCode is "CONSERVATION_BREACH" or "LOG_LOST_CHUNKS" or "DEAD_LETTER")
            yield return $"{what}: is {job.State} {job.FailureCode}. {job.Failure}";
        if (!isDone && sent.Promise == Promise.Whole && (job.Success, job.Errors, job.Abandoned) != (sent.File.Good, sent.File.Bad, 0))
            yield return $"{what}: was acknowledged, and is {job.State} {job.FailureCode} with {job.Success} + {job.Errors} + {job.Abandoned} rows. "
                + job.Failure;
        if (job.Success == sent.File.Good && loaded.Rows == job.Success && loaded.Quarters != sent.File.Quarters)
            yield return $"{what}: the amounts add up to {loaded.Quarters} quarters, not {sent.File.Quarters}.";
    }
}
