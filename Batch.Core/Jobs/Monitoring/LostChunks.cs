using Batch.Core.Chunks;
using Batch.Core.Log;

namespace Batch.Core.Jobs.Monitoring;

/// <summary>Finds jobs that wait for chunks which the log has lost.</summary>
/// <remarks>
/// <para>A worker commits a record only after the receipts of its chunks. All chunks of a job whose upload has ended are below the current end offsets E of
/// the partitions. So once the group has committed E everywhere, every chunk either has its receipt, however slow the workers are,
/// or was never read. Receipts still missing after that will never come.</para>
/// <para>Retention moves the start of a partition without a commit. A worker may still be processing what it deletes, so a partition that was
/// passed only in that way must also have been idle for <see cref="InHand"/>.</para>
/// Only jobs without progress for <see cref="ChunkTopicOptions.LostAfter"/> are checked: others cost nothing.
/// </remarks>
public sealed class LostChunks(ILog log, ChunkTopics topics, ChunkTopicOptions options, TimeProvider time)
{
    /// <summary>Longer than a worker processes a chunk while ClickHouse answers; it does, because the job was just read from it.</summary>
    internal static readonly TimeSpan InHand = TimeSpan.FromMinutes(2);

    readonly Dictionary<JobKey, (Dictionary<LogPartition, PartitionLag> Then, long At)> _waiting = [];

    /// <summary>The log may have lost chunks of the job.</summary>
    internal bool IsCandidate(Job job) =>
        !job.IsSettled && job.UploadEnded && !job.ReceiptsAreWhole && !job.StopIsUndecided && job.ReadAt - job.UpdatedAt > options.LostAfter;

    /// <summary>Those of the jobs for which nothing is left to read, and which have been candidates for some time.</summary>
    /// <param name="candidates">All current candidates: a job that is not among them has made progress, and is forgotten.</param>
    /// <exception cref="LogUnavailableException">The offsets are unknown.</exception>
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
