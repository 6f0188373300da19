using System.Collections.Concurrent;

namespace Batch.Core.Jobs;

/// <summary>Jobs of this process whose upload has ended and which are not settled yet, counted by tenant.</summary>
/// <remarks>Bounded: a process without a monitor never takes any out. What is not noted is found in the monitor's slower round.</remarks>
internal sealed class EndingJobs
{
    const int Max = 100_000;

    readonly ConcurrentDictionary<JobKey, bool> _jobs = new();
    readonly ConcurrentDictionary<string, int> _byTenant = new(StringComparer.Ordinal);

    public bool IsEmpty => _jobs.IsEmpty;

    public ICollection<JobKey> Keys => _jobs.Keys;

    public int CountOf(string tenantId) => _byTenant.GetValueOrDefault(tenantId);

    public void Add(JobKey key)
    {
        if (_jobs.Count < Max && _jobs.TryAdd(key, true))
            _byTenant.AddOrUpdate(key.TenantId, 1, (_, count) => count + 1);
    }

    public void Remove(JobKey key)
    {
        if (!_jobs.TryRemove(key, out _))
            return;
        _byTenant.AddOrUpdate(key.TenantId, 0, (_, count) => count - 1);
        // Taken out only at zero, so that a tenant that is gone leaves nothing behind.
        _byTenant.TryRemove(new KeyValuePair<string, int>(key.TenantId, 0));
    }
}
