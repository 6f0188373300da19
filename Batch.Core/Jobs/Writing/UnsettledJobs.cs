using System.Collections.Concurrent;

namespace Batch.Core.Jobs.Writing;

/// <summary>Jobs of this process whose upload has ended and which are not settled yet; those with chunks in progress are counted by tenant.</summary>
/// <remarks>Bounded, because a process without a monitor never removes any. Jobs that are not noted are found in the monitor's slower sweep.</remarks>
internal sealed class UnsettledJobs
{
    const int Max = 100_000;

    readonly ConcurrentDictionary<JobKey, bool> _jobs = new(); // whether it is counted
    readonly ConcurrentDictionary<string, int> _byTenant = new(StringComparer.Ordinal);

    public bool IsEmpty => _jobs.IsEmpty;

    public ICollection<JobKey> Keys => _jobs.Keys;

    public int CountOf(string tenantId) => _byTenant.GetValueOrDefault(tenantId);

    /// <param name="isOver">No chunk of it is in progress any more: it only has to be settled.</param>
    public void Add(JobKey key, bool isOver = false)
    {
        if (_jobs.Count < Max && _jobs.TryAdd(key, !isOver) && !isOver)
            _byTenant.AddOrUpdate(key.TenantId, 1, (_, count) => count + 1);
    }

    public void Remove(JobKey key)
    {
        if (!_jobs.TryRemove(key, out var isCounted) || !isCounted)
            return;
        _byTenant.AddOrUpdate(key.TenantId, 0, (_, count) => count - 1);
        // Removed at zero, so that an inactive tenant leaves nothing behind.
        _byTenant.TryRemove(new KeyValuePair<string, int>(key.TenantId, 0));
    }
}
