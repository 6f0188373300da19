using Batch.Core.ClickHouse;
using Batch.Core.Ids;

namespace Batch.Core.Jobs;

public sealed partial class JobStore
{
    const string ThisJob = "j.tenant_id = {tenant:String} AND j.job_id = {job:String}";
    // Two lists cost ClickHouse half of what a list of pairs does. Ids are unique across tenants; the tenant is checked here.
    const string TheseJobs = "j.tenant_id IN {tenants:Array(String)} AND j.job_id IN {jobs:Array(String)}";

    /// <summary>A job by its id or a unique prefix of it, ignoring dashes and case. Null if there is none.</summary>
    /// <exception cref="AmbiguousIdException">Several jobs' ids begin so.</exception>
    public async Task<Job?> FindAsync(string tenantId, string idOrPrefix, CancellationToken cancellationToken)
    {
        if (!BatchId.TryNormalize(idOrPrefix, out var prefix))
            return null;
        var where = prefix.Length == BatchId.Length ? ThisJob : "j.tenant_id = {tenant:String} AND startsWith(j.job_id, {job:String})";
        var jobs = await ReadAsync(where, new ClickHouseParameters().Add("tenant", tenantId).Add("job", prefix), header: true, cancellationToken);
        return jobs.Count > 1 ? throw new AmbiguousIdException(idOrPrefix, jobs.Count) : jobs.FirstOrDefault();
    }

    /// <summary>The same without the header line, for clients that poll a job: concurrent requests share queries.</summary>
    /// <exception cref="AmbiguousIdException">Several jobs' ids begin so.</exception>
    public async Task<Job?> StatusAsync(string tenantId, string idOrPrefix, CancellationToken cancellationToken)
    {
        if (!BatchId.TryNormalize(idOrPrefix, out var id) || id.Length != BatchId.Length)
            return await FindAsync(tenantId, idOrPrefix, cancellationToken);
        var key = new JobKey(tenantId, id);
        if (_settled.Find(key) is { } settled)
            return settled;
        var job = await _statuses.ReadAsync(key, cancellationToken);
        if (job is not null)
            _settled.Keep(job);
        return job;
    }

    async Task<Func<JobKey, Job?>> ReadStatusesAsync(IReadOnlyCollection<JobKey> keys)
    {
        var jobs = (await ReadAsync(keys, CancellationToken.None)).ToDictionary(job => job.Key);
        return jobs.GetValueOrDefault;
    }

    /// <summary>A tenant's jobs, newest first.</summary>
    /// <exception cref="InvalidCursorException"></exception>
    public async Task<JobPage> ListAsync(string tenantId, JobFilter filter, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(filter.Limit, 1, 1000);
        var found = new List<Job>();
        var cursor = JobCursor.Parse(filter.Cursor);
        // The state of an open job follows from all of its events, of which the first query reads only a few: it returns the candidates,
        // and the rest is filtered out here.
        while (true)
        {
            (var page, cursor) = await PageAsync(tenantId, filter, cursor, limit + 1, cancellationToken);
            foreach (var job in page)
            {
                if (found.Count == limit && (filter.State is null || job.State == filter.State))
                    return new(found, CursorOf(found[^1]).ToString());
                if (filter.State is null || job.State == filter.State)
                    found.Add(job);
            }
            if (cursor is null)
                return new(found, null);
        }
    }

    /// <summary>At most this many jobs, and the next cursor; null if there are no more.</summary>
    async Task<(List<Job> Jobs, JobCursor? Next)> PageAsync(
        string tenantId, JobFilter filter, JobCursor? cursor, int limit, CancellationToken cancellationToken)
    {
        var parameters = new ClickHouseParameters().Add("tenant", tenantId).Add("limit", limit);
        var where = $"p.tenant_id = {{tenant:String}} AND {ClickHouseTables.TellsOfCreation}";
        if (cursor is { } after)
        {
            parameters.Add("created", after.CreatedMs).Add("after", after.JobId);
            where += " AND (p.at < fromUnixTimestamp64Milli({created:Int64}) OR (p.at = fromUnixTimestamp64Milli({created:Int64}) AND p.job_id < {after:String}))";
        }
        if (filter.ModelId is { } model)
        {
            parameters.Add("model", model);
            where += " AND p.model_id = {model:String}";
        }
        if (filter.State is { } state)
        {
            parameters.Add("state", JobStates.Name(state));
            where += $" AND p.job_id NOT IN ({JobSql.EndedForGood("s.final_state != {state:String}")})";
        }
        // Only these events have a job's time and model, so jobs need not be folded to be sorted. If both exist, they are
        // some milliseconds apart.
        var ids = await _clickHouse.QueryAsync(
            $$"""
            SELECT p.tenant_id AS tenant_id, p.job_id AS job_id, toUnixTimestamp64Milli(p.at) AS at_ms FROM job_events AS p WHERE {{where}}
            ORDER BY p.at DESC, p.job_id DESC LIMIT 1 BY p.job_id LIMIT {limit:UInt32}
            """,
            parameters, JobJson.Default.ListedRow, cancellationToken);
        var jobs = ids.Select(row => new JobKey(row.TenantId, row.JobId)).ToDictionary(key => key, _settled.Find);
        var unknown = jobs.Where(pair => pair.Value is null).Select(pair => pair.Key).ToList();
        foreach (var job in await ReadAsync(unknown, cancellationToken))
        {
            jobs[job.Key] = job;
            _settled.Keep(job);
        }
        // A job at the end of the previous page would come up again with its earlier event.
        var page = ids.Select(row => jobs[new(row.TenantId, row.JobId)]).OfType<Job>().Where(job => cursor?.IsBefore(CursorOf(job)) ?? true).ToList();
        return (page, ids.Count < limit ? null : new(ids[^1].AtMs, ids[^1].JobId));
    }

    static JobCursor CursorOf(Job job) => new(job.Facts.CreatedMs ?? 0, job.JobId);

    /// <summary>The gate: what a worker checks before it loads a chunk. Part of a small shared query, plus one more if the job has an error budget.</summary>
    public async Task<ChunkPrecheck> GateAsync(JobKey key, int ordinal, CancellationToken cancellationToken)
    {
        var facts = await _gates.ReadAsync((key, ordinal), cancellationToken);
        // Only a job with an error budget needs the counts of its other chunks.
        if (facts.MaxErrors is not { } budget)
            return facts.ToGate(facts.JobIsOver, 0);
        var parameters = Parameters(key).Add("ordinal", ordinal);
        var errors = (await _clickHouse.QueryAsync(JobSql.OtherErrors, parameters, JobJson.Default.ErrorsRow, cancellationToken))[0].Errors;
        return facts.ToGate(facts.JobIsOver || errors > budget, errors);
    }

    /// <summary>Whether a chunk is done.</summary>
    public async Task<bool> HasReceiptAsync(JobKey key, int ordinal, CancellationToken cancellationToken) =>
        (await _gates.ReadAsync((key, ordinal), cancellationToken)).HasReceipt;

    async Task<Func<(JobKey Job, int Ordinal), GateFacts>> ReadGatesAsync(IReadOnlyCollection<(JobKey Job, int Ordinal)> chunks)
    {
        var parameters = Parameters(chunks.Select(chunk => chunk.Job)).Add("ordinals", chunks.Select(chunk => (long)chunk.Ordinal).Append(0).Distinct());
        var events = (await _clickHouse.QueryAsync(
            JobSql.Events("j.ordinal IN {ordinals:Array(UInt32)} AND " + TheseJobs), parameters, JobJson.Default.ReadEventRow, CancellationToken.None))
            .ToLookup(row => row.Key);
        return chunk =>
        {
            var receipt = ChunkFigures.Of(events[chunk.Job].Where(row => row.Ordinal == chunk.Ordinal)).FirstOrDefault();
            return JobProjection.Of(events[chunk.Job]) is { } job
                ? new(receipt?.IsDoneFor(job.Attempt) == true, GetsNoMoreRows(job), job.MaxErrors, job.Attempt > 0 || SawRestart(job), job.Attempt, receipt?.Checksum ?? 0)
                : new(receipt is not null, false, null, true, 0, 0);
        };
    }

    // The creation of a single-chunk job may be written after the chunk was inserted, and says how long before that the job was created, accurate to
    // the duration of a request to ClickHouse.
    static bool SawRestart(JobProjection job) => job.CreatedMs - (job.IsSingleChunk ? LongestRequest : 0) < job.ServerStartedMs;

    const long LongestRequest = 2_000;

    // A stop counts as soon as it is visible, unless it came too late.
    static bool GetsNoMoreRows(JobProjection job) =>
        (job.StopState is not null && job.StopVerdict != StopVerdicts.Refused) || job.UploadFailureCode is not null || job.HeaderFault;

    readonly record struct GateFacts(bool HasReceipt, bool JobIsOver, long? MaxErrors, bool MustLook, int Attempt, uint Checksum)
    {
        public ChunkPrecheck ToGate(bool jobIsOver, long errorsSoFar) =>
            new(HasReceipt, jobIsOver, errorsSoFar, MustLook) { Attempt = Attempt, ReceiptChecksum = Checksum };
    }

    /// <summary>A model's jobs that are not over: to fail them when the model is deleted.</summary>
    public async Task<IReadOnlyList<JobKey>> OpenJobsAsync(string tenantId, string modelId, CancellationToken cancellationToken)
    {
        var keys = await _clickHouse.QueryAsync(
            $$"""
            SELECT DISTINCT j.tenant_id AS tenant_id, j.job_id AS job_id FROM job_events AS j
            WHERE j.tenant_id = {tenant:String} AND j.event = '{{JobEvent.Created}}' AND j.model_id = {model:String} AND j.job_id NOT IN ({{JobSql.EndedForGood()}})
            """,
            new ClickHouseParameters().Add("tenant", tenantId).Add("model", modelId), JobJson.Default.KeyRow, cancellationToken);
        var jobs = await ReadAsync(keys.ConvertAll(row => new JobKey(row.TenantId, row.JobId)), cancellationToken);
        return [.. jobs.Where(job => !job.IsOver).Select(job => job.Key)];
    }

    /// <summary>Unsettled jobs of any tenant, with an event within a given time, or all.</summary>
    internal async Task<List<JobKey>> UnsettledAsync(TimeSpan? within, CancellationToken cancellationToken)
    {
        var recent = within is { } span ? $"j.at > now64(3) - toIntervalSecond({(int)Math.Ceiling(span.TotalSeconds)})" : "1";
        var rows = await _clickHouse.QueryAsync(
            $"""
            SELECT j.tenant_id AS tenant_id, j.job_id AS job_id FROM job_events AS j WHERE {JobSql.OfFirstChunk} AND {recent}
            GROUP BY j.tenant_id, j.job_id HAVING {JobSql.IsUnsettled}
            """,
            null, JobJson.Default.KeyRow, cancellationToken);
        return rows.ConvertAll(row => new JobKey(row.TenantId, row.JobId));
    }

    /// <summary>These jobs with their counts, in no order; missing ones are omitted.</summary>
    internal Task<List<Job>> ReadAsync(IReadOnlyCollection<JobKey> keys, CancellationToken cancellationToken) =>
        ReadInPartsAsync(keys, some => ReadAsync(TheseJobs, some, header: false, cancellationToken));

    static async Task<List<Job>> ReadInPartsAsync(IReadOnlyCollection<JobKey> keys, Func<ClickHouseParameters, Task<List<Job>>> read)
    {
        var jobs = new List<Job>();
        foreach (var some in keys.Chunk(500))
            jobs.AddRange(await read(Parameters(some)));
        var wanted = keys.ToHashSet();
        return jobs.FindAll(job => wanted.Contains(job.Key));
    }

    internal async Task<Job?> ReadAsync(JobKey key, CancellationToken cancellationToken) =>
        (await ReadAsync(ThisJob, Parameters(key), header: false, cancellationToken)).FirstOrDefault();

    // Most jobs are a single chunk, or settled. Only the others are read again, all of them in one query.
    async Task<List<Job>> ReadAsync(string where, ClickHouseParameters parameters, bool header, CancellationToken cancellationToken)
    {
        var jobs = await QueryAsync(JobSql.Events($"{JobSql.OfFirstChunk} AND {where}", header), parameters, cancellationToken);
        var larger = jobs.FindAll(job => job.DependsOnLaterChunks);
        return larger.Count == 0 ? jobs : [
            .. jobs.Where(job => !job.DependsOnLaterChunks),
            .. await ReadSumsAsync(Parameters(larger.Select(job => job.Key)), header, larger.Exists(IsCarriedOn), cancellationToken)];
    }

    async Task<List<Job>> ReadSumsAsync(ClickHouseParameters parameters, bool header, bool carriedOn, CancellationToken cancellationToken)
    {
        var jobs = await QueryAsync(JobSql.Sums(TheseJobs, header, carriedOn), parameters, cancellationToken);
        // One of them may have been resumed in the meantime.
        return !carriedOn && jobs.Exists(IsCarriedOn) ? await ReadSumsAsync(parameters, header, carriedOn: true, cancellationToken) : jobs;
    }

    static bool IsCarriedOn(Job job) => job.Upload.Number > 0;

    async Task<List<Job>> QueryAsync(string sql, ClickHouseParameters parameters, CancellationToken cancellationToken) =>
        [.. (await _clickHouse.QueryAsync(sql, parameters, JobJson.Default.ReadEventRow, cancellationToken))
            .GroupBy(row => row.Key).Select(JobProjection.Of).OfType<JobProjection>().Select(facts => new Job(facts))];

    static ClickHouseParameters Parameters(IEnumerable<JobKey> keys) => new ClickHouseParameters()
        .Add("tenants", keys.Select(key => key.TenantId).Distinct()).Add("jobs", keys.Select(key => key.JobId).Distinct());

    static ClickHouseParameters Parameters(JobKey key) => new ClickHouseParameters().Add("tenant", key.TenantId).Add("job", key.JobId);
}
