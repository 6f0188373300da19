namespace Batch.Core.Jobs.Reading;

public sealed partial class JobReader
{
    /// <summary>The gate: what a worker checks before it loads a chunk. Part of a small shared query, plus one more if the job has an error budget.</summary>
    public async Task<ChunkPrecheck> PrecheckAsync(JobKey key, int ordinal, CancellationToken cancellationToken)
    {
        var facts = await _prechecks.ReadAsync((key, ordinal), cancellationToken);
        // Only a job with an error budget needs the counts of its other chunks.
        if (facts.MaxErrors is not { } budget)
            return facts.ToPrecheck(facts.JobIsOver, 0);
        var parameters = Parameters(key).Add("ordinal", ordinal);
        var errors = (await _clickHouse.QueryAsync(JobSql.OtherErrors, parameters, JobJson.Default.ErrorsRow, cancellationToken))[0].Errors;
        return facts.ToPrecheck(facts.JobIsOver || errors > budget, errors);
    }

    /// <summary>Whether a chunk is done.</summary>
    public async Task<bool> HasReceiptAsync(JobKey key, int ordinal, CancellationToken cancellationToken) =>
        (await _prechecks.ReadAsync((key, ordinal), cancellationToken)).HasReceipt;

    async Task<Func<(JobKey Job, int Ordinal), PrecheckFacts>> ReadPrechecksAsync(IReadOnlyCollection<(JobKey Job, int Ordinal)> chunks)
    {
        var parameters = Parameters(chunks.Select(chunk => chunk.Job)).Add("ordinals", chunks.Select(chunk => (long)chunk.Ordinal).Append(0).Distinct());
        var events = (await _clickHouse.QueryAsync(
            JobSql.Events("j.ordinal IN {ordinals:Array(UInt32)} AND " + TheseJobs), parameters, JobJson.Default.ReadEventRow, CancellationToken.None))
            .ToLookup(row => row.Key);
        return chunk =>
        {
            var receipt = ChunkFigures.Of(events[chunk.Job].Where(row => row.Ordinal == chunk.Ordinal)).FirstOrDefault();
            return JobProjection.Of(events[chunk.Job]) is { } job
                ? new(receipt?.IsDoneFor(job.Attempt) == true, GetsNoMoreRows(job), job.MaxErrors, job.Attempt > 0 || SawRestart(job), job.Attempt,
                    receipt?.Checksum ?? 0)
                : new(receipt is not null, false, null, true, 0, 0);
        };
    }

    // The creation of a single-chunk job may be written after the chunk was inserted, and says how long before that the job was created, accurate to
    // the duration of a request to ClickHouse. A job from the future means that a clock was set back, and nothing can be told from its time.
    static bool SawRestart(JobProjection job) =>
        job.CreatedMs - (job.IsSingleChunk ? LongestRequest : 0) < job.ServerStartedMs || job.CreatedMs - LongestRequest > job.ReadMs;

    const long LongestRequest = 2_000;

    // A stop counts as soon as it is visible, unless it came too late.
    static bool GetsNoMoreRows(JobProjection job) =>
        (job.StopState is not null && job.StopVerdict != StopVerdicts.Refused) || job.UploadFailureCode is not null || job.HeaderFault;

    readonly record struct PrecheckFacts(bool HasReceipt, bool JobIsOver, long? MaxErrors, bool MustLook, int Attempt, uint Checksum)
    {
        public ChunkPrecheck ToPrecheck(bool jobIsOver, long errorsSoFar) =>
            new(HasReceipt, jobIsOver, errorsSoFar, MustLook) { Attempt = Attempt, ReceiptChecksum = Checksum };
    }
}
