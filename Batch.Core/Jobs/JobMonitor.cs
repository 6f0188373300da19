using System.Diagnostics;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Core.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Jobs;

/// <summary>Sees jobs to their end: settles those that are done, fails uploads whose API died, decides stops that were left undecided.</summary>
/// <remarks>
/// <para>A job's state does not depend on it: that follows from the facts at every reading. It writes down what has become final, so that
/// finished jobs are cheap to list, logs and counts it, and holds it against the row conservation law.</para>
/// <para>It looks often, but only at what may be about to end: jobs whose upload ended in this process. Everything else, jobs of
/// other APIs and those that were open when a process died, it comes across in a slower round, and leaves alone for
/// a while, as their own API will most likely have done it by then. Several monitors do no harm: they write the same.</para>
/// </remarks>
/// <param name="lost">Null: jobs whose chunks the log has lost stay open.</param>
/// <param name="migrations">It waits for these: a job whose receipts are still being copied from an older layout looks like one that has lost chunks. Null: the tables are there.</param>
public sealed class JobMonitor(
    JobStore jobs, TimeProvider time, ILogger<JobMonitor> logger, LostChunks? lost = null, ClickHouseMigrations? migrations = null) : BackgroundService
{
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    static readonly TimeSpan FullRound = TimeSpan.FromMinutes(10);
    /// <summary>An upload without a heartbeat for this long, and in two rounds, counts as interrupted. Heartbeats come every 2 s.</summary>
    static readonly TimeSpan UploadTimeout = TimeSpan.FromSeconds(20);
    /// <summary>Jobs of others are settled when nothing has happened for this long.</summary>
    static readonly TimeSpan ForeignJobGrace = TimeSpan.FromSeconds(10);
    /// <summary>At most this share of the time is spent looking.</summary>
    const int RestFactor = 10;

    readonly HashSet<JobKey> _others = [];
    // Heartbeats as of the last round. An upload's own heartbeat may be late after an outage of ClickHouse, so one old one proves nothing.
    Dictionary<JobKey, long> _heartbeats = [];
    // Of the last round: they have not moved for a while, and receipts of theirs are missing.
    readonly HashSet<JobKey> _quiet = [];
    bool _isWaiting;
    bool _logIsAway;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (migrations is not null)
            await migrations.Applied.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var nextRound = time.GetTimestamp();
        var nextFullRound = nextRound;
        var lastRound = nextRound;
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            try
            {
                await SettleFinishedAsync(isThorough: started >= nextRound, stoppingToken);
                if (started >= nextRound)
                {
                    var isFull = started >= nextFullRound;
                    // Overlap twice: the clocks are two, and an insert takes its time to be seen.
                    var within = isFull ? (TimeSpan?)null : time.GetElapsedTime(lastRound, started) + 2 * SweepInterval;
                    await SweepUnsettledAsync(within, stoppingToken);
                    await LookForLostAsync(stoppingToken);
                    lastRound = started;
                    nextRound = After(started, SweepInterval);
                    nextFullRound = isFull ? After(started, FullRound) : nextFullRound;
                }
                if (_isWaiting)
                    logger.MonitorGoesOn();
                _isWaiting = false;
            }
            catch (ClickHouseException exception)
            {
                if (!_isWaiting)
                    logger.MonitorWaits(exception.Message);
                _isWaiting = true;
                _heartbeats = [];
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            var rest = time.GetElapsedTime(started) * RestFactor;
            rest = rest < PollInterval ? PollInterval : rest > Longest ? Longest : rest;
            await Task.Delay(_isWaiting ? TimeSpan.FromSeconds(1) : rest, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    long After(long timestamp, TimeSpan span) => timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>The jobs of this process that may be about to end. Nothing is asked where there are none.</summary>
    /// <param name="isThorough">Also note which of them have not moved for a while.</param>
    internal async Task SettleFinishedAsync(bool isThorough, CancellationToken cancellationToken)
    {
        if (jobs.Ending.IsEmpty)
            return;
        var keys = jobs.Ending.Keys;
        var ending = await jobs.ReadAsync([.. keys], cancellationToken);
        foreach (var gone in keys.Except(ending.Select(job => job.Key)))
            jobs.Ending.Remove(gone);
        await Task.WhenAll(ending.Select(job => LookAtAsync(job, isOurs: true, cancellationToken)));
        if (isThorough)
            _quiet.UnionWith(ending.Where(LostChunks.IsCandidate).Select(job => job.Key));
    }

    /// <summary>All others that are not settled.</summary>
    /// <param name="within">Look for new ones among those that something happened to in this time; null: among all.</param>
    internal async Task SweepUnsettledAsync(TimeSpan? within, CancellationToken cancellationToken)
    {
        _others.UnionWith(await jobs.UnsettledAsync(within, cancellationToken));
        _others.ExceptWith(jobs.Ending.Keys);
        var found = await jobs.ReadAsync([.. _others], cancellationToken);
        _others.IntersectWith(found.Where(job => !job.IsSettled).Select(job => job.Key));
        await Task.WhenAll(found.Select(job => LookAtAsync(job, isOurs: false, cancellationToken)));
        _heartbeats = found.Where(job => !job.UploadEnded && !job.IsOver && job.Facts.HeartbeatMs is not null)
            .ToDictionary(job => job.Key, job => job.Facts.HeartbeatMs!.Value);
        _quiet.UnionWith(found.Where(LostChunks.IsCandidate).Select(job => job.Key));
    }

    /// <summary>Ends the jobs among those looked at that wait for chunks which the log has lost.</summary>
    internal async Task LookForLostAsync(CancellationToken cancellationToken)
    {
        if (lost is null)
            return;
        try
        {
            var found = await lost.FindAsync(_quiet, cancellationToken);
            // Read again: receipts written before the log was queried are there now, and no others will come.
            foreach (var job in await jobs.ReadAsync([.. found], cancellationToken))
                await EndLostAsync(job, cancellationToken);
            _logIsAway = false;
        }
        catch (LogUnavailableException exception)
        {
            if (!_logIsAway)
                logger.LogNotAsked(exception.Message);
            _logIsAway = true;
        }
        finally
        {
            _quiet.Clear();
        }
    }

    async Task EndLostAsync(Job job, CancellationToken cancellationToken)
    {
        if (!LostChunks.IsCandidate(job))
            return;
        var (chunks, rows) = (job.Facts.TotalChunks - job.Receipts ?? 0, job.Facts.TotalRows - job.Facts.ReceiptRows ?? 0);
        if (!job.IsOver)
            job = await jobs.StopAsync(job.Key, JobState.Failed, FailureCodes.LogLostChunks, FormattableString.Invariant(
                $"The log no longer has {chunks:N0} of the job's {job.Facts.TotalChunks:N0} chunks ({rows:N0} of its {job.Facts.TotalRows:N0} rows): retention deleted them before they were loaded, or a segment was damaged. The other rows were loaded or rejected; submit those that are missing again."),
                cancellationToken) ?? job;
        if (!job.IsOver || job.IsSettled || job.ReceiptsAreWhole)
            return;
        logger.ChunksLost(job.JobId, job.TenantId, chunks);
        JobMetrics.ChunksLost(chunks);
        await SettleAsync(new Job(job.Facts with { LostChunks = chunks }), cancellationToken);
    }

    async Task LookAtAsync(Job job, bool isOurs, CancellationToken cancellationToken)
    {
        if (!job.IsSettled && job.StopIsUndecided && job.Facts.ReadMs - job.Facts.StopMs > Job.StopTimeout.TotalMilliseconds)
            job = await jobs.DecideStopAsync(job, cancellationToken) ?? job;
        if (!isOurs && IsLost(job, out var silence))
        {
            logger.UploadLost(job.JobId, job.TenantId, (long)silence.TotalSeconds);
            job = await jobs.StopAsync(job.Key, JobState.Failed, FailureCodes.UploadInterrupted,
                $"The upload was interrupted: it sent no heartbeat for {(long)silence.TotalSeconds} s. What had arrived was processed or abandoned; submit the file again.",
                cancellationToken) ?? job;
        }
        if (!job.IsSettled && IsFinal(job, isOurs))
            await SettleAsync(job, cancellationToken);
        if (job.IsSettled)
            jobs.Ending.Remove(job.Key);
    }

    bool IsLost(Job job, out TimeSpan silence)
    {
        silence = TimeSpan.FromMilliseconds(job.Facts.ReadMs - (job.Facts.HeartbeatMs ?? job.Facts.ReadMs));
        return !job.UploadEnded && !job.IsOver && silence > UploadTimeout
            && _heartbeats.TryGetValue(job.Key, out var before) && before == job.Facts.HeartbeatMs;
    }

    /// <summary>Over, and no receipt is missing: what the figures are now they will stay.</summary>
    static bool IsFinal(Job job, bool isOurs)
    {
        if (!job.IsOver || !job.ReceiptsAreWhole)
            return false;
        var quiet = job.ReadAt - job.UpdatedAt;
        return job.UploadEnded ? isOurs || quiet > ForeignJobGrace : quiet > Job.BrokenUploadQuietPeriod;
    }

    async Task SettleAsync(Job job, CancellationToken cancellationToken)
    {
        await jobs.SettleAsync(job, cancellationToken);
        jobs.Ending.Remove(job.Key);
        _others.Remove(job.Key);
        var status = job.ToStatus(job.ReadAt);
        var name = JobStates.Name(status.State);
        using var span = BatchTelemetry.Source.StartActivity("job ended");
        span?.SetTag(BatchAttributes.JobId, job.JobId).SetTag(BatchAttributes.Tenant, job.TenantId).SetTag(BatchAttributes.JobState, name);
        JobMetrics.Completed(status.State, status.UpdatedAt - status.CreatedAt);
        logger.JobEnded(
            job.JobId, job.TenantId, name, status.Total, status.Success, status.Errors, status.Abandoned, status.WaitingMs, status.ProcessingMs);
        if (status.State == JobState.Failed)
            logger.JobFailed(job.JobId, job.TenantId, status.FailureCode, status.Failure);
        if (job.Breach is { } breach)
        {
            JobMetrics.ConservationBroken();
            span?.SetStatus(ActivityStatusCode.Error, breach);
            logger.ConservationBroken(job.JobId, job.TenantId, breach);
        }
    }
}
