using Batch.Core.ClickHouse;
using Batch.Core.Ids;

namespace Batch.Core.Jobs.Reading;

public sealed partial class JobReader
{
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
            where +=
                " AND (p.at < fromUnixTimestamp64Milli({created:Int64}) OR (p.at = fromUnixTimestamp64Milli({created:Int64}) AND p.job_id < {after:String}))";
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
}
