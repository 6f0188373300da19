namespace Batch.Core.Jobs;

public sealed partial class JobStore
{
    /// <summary>The id of the n-th repair of a file.</summary>
    internal static string RepairIdFor(JobKey root, int number) => IdOf($"{root.TenantId}\0{root.JobId}\0{number}");

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
