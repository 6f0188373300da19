using Batch.Core.Ids;

namespace Batch.Core.Jobs;

public sealed partial class JobStore
{
    /// <summary>Generations that are looked up at once: first few, then more.</summary>
    const int FirstGenerations = 8, MostGenerations = 256;

    /// <summary>The newest job of a label, and its generation. Null if that generation has no job yet.</summary>
    public async Task<(Job? Job, int Generation)> FindLabelledAsync(string tenantId, string label, CancellationToken cancellationToken)
    {
        var newest = -1;
        for (var (from, count) = (0, FirstGenerations); newest == from - 1; (from, count) = (from + count, Math.Min(count * 8, MostGenerations)))
        {
            var ids = Enumerable.Range(from, count).Select(generation => JobIdFor(tenantId, label, generation)).ToList();
            var parameters = Parameters(ids.Select(id => new JobKey(tenantId, id)));
            var there = (await _clickHouse.QueryAsync(
                $"SELECT DISTINCT j.tenant_id AS tenant_id, j.job_id AS job_id FROM job_events AS j WHERE {JobSql.OfFirstChunk} AND {TheseJobs}",
                parameters, JobJson.Default.KeyRow, cancellationToken)).Select(row => row.JobId).ToHashSet();
            var missing = ids.FindIndex(id => !there.Contains(id));
            newest += missing < 0 ? count : missing;
            if (missing >= 0)
                break;
        }
        // With its header line, which the file of a resumed load must have too.
        return newest < 0 ? (null, 0) : (await FindAsync(tenantId, JobIdFor(tenantId, label, newest), cancellationToken), newest);
    }

    /// <summary>Opens the next attempt of a labelled load that broke off. From here on, whatever ended the previous one no longer counts.</summary>
    /// <param name="job">As it was when it was found resumable.</param>
    /// <param name="maxErrors">Of the new request; includes rows rejected earlier.</param>
    /// <exception cref="JobExistsException">Another request has opened it.</exception>
    public async Task<JobAttempt> ResumeAsync(Job job, long? maxErrors, CancellationToken cancellationToken)
    {
        var upload = new JobAttempt(job.Key, job.Upload.Number + 1);
        var resumed = new JobEvent(job.Key, JobEvent.Resumed, new() { Attempt = upload.Number, Creator = BatchId.New(), MaxErrors = maxErrors });
        var made = await InsertFirstAsync(resumed, made => made?.Upload.Number >= upload.Number, cancellationToken);
        return made?.Upload == upload && made.Facts.AttemptCreator == resumed.Facts.Creator ? upload : throw new JobExistsException(job.Key);
    }

    /// <summary>The chunks of a job that are in the tables, in whole or in part.</summary>
    public async Task<LoadedChunks> LoadedChunksAsync(JobKey key, CancellationToken cancellationToken) => new(
        await _clickHouse.QueryAsync(JobSql.TouchedChunks(ThisJob), Parameters(key), JobJson.Default.ReadChunkRow, cancellationToken));
}
