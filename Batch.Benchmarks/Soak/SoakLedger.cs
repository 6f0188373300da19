using System.Collections.Concurrent;
using Batch.Client;

namespace Batch.Benchmarks.Soak;

/// <summary>What the soak promised to itself about one upload, the most definite first.</summary>
internal enum Promise
{
    /// <summary>It was acknowledged: every row is loaded or rejected.</summary>
    Whole,
    /// <summary>It was acknowledged, and has more bad rows than it may have: it fails for that reason.</summary>
    OverBudget,
    /// <summary>It was cancelled, and the cancellation acknowledged.</summary>
    Cancelled,
    /// <summary>It was refused, broken off, or there was no answer: nothing doubled, and the counts add up.</summary>
    Conserved,
}

/// <summary>One upload, and what is known of it on the client's side.</summary>
/// <param name="JobId">Null: no job was named in the answer.</param>
internal sealed record Sent(string Tenant, string ModelId, SoakFile File, string? JobId, string? Label, Promise Promise, string Answer);

/// <summary>An acknowledged repair of all bad rows of a file, each of which is given the amount 1.</summary>
internal sealed record SentRepair(string Tenant, SoakFile File, string JobId);

/// <summary>What ClickHouse has of one job, by its own count.</summary>
/// <param name="Rejected">Rows in <c>rejected_rows</c>.</param>
internal readonly record struct Loaded(long Rows, long Distinct, long Quarters, long Rejected);

/// <summary>All uploads and repairs of a round.</summary>
/// <param name="before">Files of the rounds before: no two have the same number.</param>
internal sealed class SoakLedger(int before)
{
    readonly ConcurrentQueue<Sent> _sent = [];
    readonly ConcurrentQueue<SentRepair> _repairs = [];
    int _files = before;

    public int Files => _files;

    public int Count => _sent.Count;

    public SoakFile NewFile(int rows, int badEvery) => new(Interlocked.Increment(ref _files), rows, badEvery);

    public void Add(Sent sent) => _sent.Enqueue(sent);

    public void Add(SentRepair repair) => _repairs.Enqueue(repair);

    /// <summary>What contradicts the ledger, in words; empty: nothing.</summary>
    /// <param name="jobs">All jobs of the round that the API lists.</param>
    /// <param name="loaded">What the tables have, by job.</param>
    public IEnumerable<string> Breaches(IReadOnlyDictionary<string, JobStatus> jobs, IReadOnlyDictionary<string, Loaded> loaded)
    {
        var files = _sent.GroupBy(sent => sent.File.Name).ToDictionary(group => group.Key, group => group.ToList());
        var repairs = _repairs.ToDictionary(repair => repair.JobId);

        foreach (var sent in _sent.Where(sent => sent is { JobId: not null, Promise: Promise.Whole or Promise.OverBudget } && !jobs.ContainsKey(sent.JobId)))
            yield return $"{SoakRules.Named(sent)}: there is no such job.";
        foreach (var repair in repairs.Values.Where(repair => !jobs.ContainsKey(repair.JobId)))
            yield return $"The repair {repair.JobId} of {repair.File.Name} was acknowledged, and there is no such job.";
        foreach (var job in jobs.Values)
            foreach (var breach in Of(job, loaded.GetValueOrDefault(job.JobId)))
                yield return breach;
        foreach (var (file, times) in jobs.Values.Where(job => job.SourceJobId is null && files.ContainsKey(job.FileName ?? ""))
            .GroupBy(job => files[job.FileName!][0].File, (file, ofFile) => (file, ofFile.Sum(job => job.Success))))
            if (times > file.Good)
                yield return $"{file.Name} has {file.Good} good rows, and {times} were loaded in all.";
        foreach (var job in loaded.Keys.Where(job => !jobs.ContainsKey(job)))
            yield return $"The tables have rows of the job {job}, which is not listed.";

        IEnumerable<string> Of(JobStatus job, Loaded has)
        {
            if (job.SourceJobId is not null)
                return SoakRules.Breaches(repairs.GetValueOrDefault(job.JobId), job, has);
            if (job.FileName is null || !files.TryGetValue(job.FileName, out var known))
                return [$"Nobody has submitted job {job.JobId} ({job.FileName})."];
            return SoakRules.Breaches(
                known.Where(sent => sent.JobId == job.JobId).MinBy(sent => sent.Promise) ?? known[0] with { JobId = job.JobId, Promise = Promise.Conserved },
                job, has);
        }
    }
}
