using Batch.Core.ClickHouse;
using Batch.Core.Ids;

namespace Batch.Core.Jobs.Reading;

/// <summary>Reads jobs: puts their events, the receipts of their chunks among them, together.</summary>
/// <remarks>
/// <see cref="JobProjection"/> folds the events, and <see cref="Job"/> says what they mean. What many ask for at once is one query.
/// <para>By aspect: this file reads jobs; <c>JobReader.List.cs</c> pages through them; <c>JobReader.Precheck.cs</c> answers workers;
/// <c>JobReader.Family.cs</c> finds the jobs of a label and the repairs of a file.</para>
/// </remarks>
public sealed partial class JobReader
{
    const string ThisJob = "j.tenant_id = {tenant:String} AND j.job_id = {job:String}";
    // Two lists cost ClickHouse half of what a list of pairs does. Ids are unique across tenants; the tenant is checked here.
    const string TheseJobs = "j.tenant_id IN {tenants:Array(String)} AND j.job_id IN {jobs:Array(String)}";

    readonly ClickHouseClient _clickHouse;
    readonly FinishedJobCache _settled = new();
    readonly QueryCoalescer<JobKey, Job?> _statuses;
    readonly QueryCoalescer<JobKey, bool> _repaired;
    readonly QueryCoalescer<(JobKey Job, int Ordinal), PrecheckFacts> _prechecks;

    public JobReader(ClickHouseClient clickHouse)
    {
        _clickHouse = clickHouse;
        _statuses = new(ReadStatusesAsync);
        _prechecks = new(ReadPrechecksAsync);
        _repaired = new(ReadSourcesAsync);
    }

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
        var job = await ReadStatusAsync(key, cancellationToken);
        if (job is not null)
            _settled.Keep(job);
        return job;
    }

    /// <summary>One job as it is now; many who ask at once cost little more than one.</summary>
    internal Task<Job?> ReadStatusAsync(JobKey key, CancellationToken cancellationToken) => _statuses.ReadAsync(key, cancellationToken);

    async Task<Func<JobKey, Job?>> ReadStatusesAsync(IReadOnlyCollection<JobKey> keys)
    {
        var jobs = (await ReadAsync(keys, CancellationToken.None)).ToDictionary(job => job.Key);
        return jobs.GetValueOrDefault;
    }

    /// <summary>The chunks of a job that are in the tables, in whole or in part.</summary>
    public async Task<LoadedChunks> LoadedChunksAsync(JobKey key, CancellationToken cancellationToken) => new(
        await _clickHouse.QueryAsync(JobSql.TouchedChunks(ThisJob), Parameters(key), JobJson.Default.ReadChunkRow, cancellationToken));

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
    internal async Task<List<Job>> ReadAsync(IReadOnlyCollection<JobKey> keys, CancellationToken cancellationToken)
    {
        var jobs = new List<Job>();
        foreach (var some in keys.Chunk(500))
            jobs.AddRange(await ReadAsync(TheseJobs, Parameters(some), header: false, cancellationToken));
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
