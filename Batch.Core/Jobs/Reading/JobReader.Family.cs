namespace Batch.Core.Jobs.Reading;

public sealed partial class JobReader
{
    /// <summary>Generations that are looked up at once: first few, then more.</summary>
    const int FirstGenerations = 8, MostGenerations = 256;

    /// <summary>The newest job of a label, and its generation. Null if that generation has no job yet.</summary>
    public async Task<(Job? Job, int Generation)> FindLabelledAsync(string tenantId, string label, CancellationToken cancellationToken)
    {
        var newest = -1;
        for (var (from, count) = (0, FirstGenerations); newest == from - 1; (from, count) = (from + count, Math.Min(count * 8, MostGenerations)))
        {
            var ids = Enumerable.Range(from, count).Select(generation => JobIds.OfLabel(tenantId, label, generation)).ToList();
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
        return newest < 0 ? (null, 0) : (await FindAsync(tenantId, JobIds.OfLabel(tenantId, label, newest), cancellationToken), newest);
    }

    /// <summary>The job of the file and all repairs of its rows, as they are now.</summary>
    public async Task<JobFamily> FamilyAsync(Job job, CancellationToken cancellationToken)
    {
        var root = await ReadAsync(job.Key, cancellationToken) ?? job;
        var known = new HashSet<string>(StringComparer.Ordinal) { root.JobId };
        while (root.SourceJobId is { } source && known.Add(source)
            && await ReadAsync(new JobKey(root.TenantId, source), cancellationToken) is { } above)
            root = above;

        known = new(StringComparer.Ordinal) { root.JobId };
        var repairs = new List<Job>();
        for (IReadOnlyCollection<JobKey> sources = [root.Key]; sources.Count > 0;)
        {
            var found = (await RepairsOfAsync(sources, cancellationToken)).Where(key => known.Add(key.JobId)).ToList();
            repairs.AddRange(await ReadAsync(found, cancellationToken));
            sources = found;
        }
        return new(root, [.. repairs.OrderBy(repair => repair.CreatedAt).ThenBy(repair => repair.JobId, StringComparer.Ordinal)]);
    }

    /// <summary>Whether rows of a job were reprocessed. Concurrent requests share queries.</summary>
    public Task<bool> HasRepairsAsync(JobKey key, CancellationToken cancellationToken) => _repaired.ReadAsync(key, cancellationToken);

    async Task<Func<JobKey, bool>> ReadSourcesAsync(IReadOnlyCollection<JobKey> keys)
    {
        var sources = await _clickHouse.QueryAsync(
            JobSql.Sources(TheseSources), Parameters(keys), JobJson.Default.KeyRow, CancellationToken.None);
        var found = sources.Select(row => new JobKey(row.TenantId, row.JobId)).ToHashSet();
        return found.Contains;
    }

    async Task<List<JobKey>> RepairsOfAsync(IReadOnlyCollection<JobKey> sources, CancellationToken cancellationToken)
    {
        var repairs = new List<JobKey>();
        foreach (var some in sources.Chunk(500))
            repairs.AddRange((await _clickHouse.QueryAsync(
                JobSql.Repairs(TheseSources), Parameters(some), JobJson.Default.KeyRow, cancellationToken)).Select(row => new JobKey(row.TenantId, row.JobId)));
        return repairs;
    }

    const string TheseSources = "j.tenant_id IN {tenants:Array(String)} AND j.source_job_id IN {jobs:Array(String)}";
}
