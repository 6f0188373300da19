using Batch.Core.Chunks;
using Batch.Core.Log;

namespace Batch.Core.Jobs;

/// <summary>Tells which jobs wait for chunks that the log has lost.</summary>
/// <remarks>
/// <para>A worker commits a record only after the receipts of its chunks. So: all chunks of a job whose upload has ended stand below the ends E of
/// the partitions as they are now. Once the group has committed E everywhere, every chunk has its receipt, however slow the workers are,
/// or was never read by them. Receipts that are missing when they are read after that will not come.</para>
/// <para>Retention moves the start of a partition without a commit. What it deletes may still be in a worker's hands, so a partition that was
/// passed only in that way must have stood still for <see cref="InHand"/> too.</para>
/// Only jobs that have not moved for <see cref="Quiet"/> are looked at: others cost nothing.
/// </remarks>
public sealed class LostChunks(ILog log, ChunkTopics topics, TimeProvider time)
{
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);
    /// <summary>Longer than a worker has a chunk in its hands while ClickHouse answers, and it does: the job was just read from there.</summary>
    internal static readonly TimeSpan InHand = TimeSpan.FromMinutes(2);

    readonly Dictionary<JobKey, (Dictionary<LogPartition, PartitionLag> Then, long At)> _waiting = [];

    /// <summary>It may be that the log has lost chunks of it.</summary>
    internal static bool IsCandidate(Job job) =>
        !job.IsSettled && job.UploadEnded && !job.ReceiptsAreWhole && !job.StopIsUndecided && job.ReadAt - job.UpdatedAt > Quiet;

    /// <summary>Of these jobs those that nothing is left to be read for, and that were candidates some time ago already.</summary>
    /// <param name="candidates">All there are now: what is not among them has moved, and is forgotten.</param>
    /// <exception cref="LogUnavailableException">Nothing is known then.</exception>
    internal async Task<IReadOnlyList<JobKey>> FindAsync(IReadOnlyCollection<JobKey> candidates, CancellationToken cancellationToken)
    {
        foreach (var gone in _waiting.Keys.Except(candidates).ToList())
            _waiting.Remove(gone);
        if (candidates.Count == 0)
            return [];
        var now = await PositionsAsync(cancellationToken);
        var lost = new List<JobKey>();
        foreach (var key in candidates)
        {
            // An end offset that went back means that the log was truncated or recreated: its offsets have lost their meaning.
            if (!_waiting.TryGetValue(key, out var look) || look.Then.Values.Any(then => now.TryGetValue(then.Partition, out var at) && at.End < then.End))
                _waiting[key] = (now, time.GetTimestamp());
            else if (look.Then.Count > 0 && look.Then.Values.All(then => IsPassed(then, now.GetValueOrDefault(then.Partition), time.GetElapsedTime(look.At))))
                lost.Add(key);
        }
        return lost;
    }

    static bool IsPassed(PartitionLag then, PartitionLag now, TimeSpan since) =>
        now.Committed >= then.End || (now.Passed >= then.End && now.Committed == then.Committed && (since > InHand || then.End == 0));

    async Task<Dictionary<LogPartition, PartitionLag>> PositionsAsync(CancellationToken cancellationToken)
    {
        await topics.EnsureAsync(cancellationToken);
        var bulk = await log.LagAsync(topics.BulkGroup, topics.Bulk, cancellationToken);
        var express = await log.LagAsync(topics.ExpressGroup, topics.Express, cancellationToken);
        return bulk.Concat(express).ToDictionary(lag => lag.Partition);
    }
}
