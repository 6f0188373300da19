using System.Diagnostics;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Log;
using Batch.Core.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Jobs.Monitoring;

/// <summary>Settles finished jobs, fails uploads whose API died, and decides stops that were left undecided.</summary>
/// <remarks>
/// <para>A job's state does not depend on it, because every read derives it from the facts. The monitor writes final results, so that
/// finished jobs are cheap to list, logs and counts them, and checks the row conservation law.</para>
/// <para>It polls often, but only jobs that may be about to end: those whose upload ended in this process. Everything else, jobs of
/// other APIs and those that were open when a process died, it finds in a slower sweep, and leaves alone for
/// a while, because their own API has most likely settled them by then. Several monitors do no harm: they write the same.</para>
/// </remarks>
/// <param name="lost">Null: jobs whose chunks the log has lost stay open.</param>
/// <param name="migrations">Awaited first: a job whose receipts are still being copied from an older layout
/// looks as if it had lost chunks. Null: the tables are ready.</param>
public sealed class JobMonitor(
    JobReader jobs, JobWriter writer, TimeProvider time, ILogger<JobMonitor> logger,
    LostChunks? lost = null, ClickHouseMigrations? migrations = null) : BackgroundService
{
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    static readonly TimeSpan FullRound = TimeSpan.FromMinutes(10);
    /// <summary>An upload without a heartbeat for this long, and in two rounds, counts as interrupted. Heartbeats come every 2 s.</summary>
    static readonly TimeSpan UploadTimeout = TimeSpan.FromSeconds(20);
    /// <summary>Jobs of other processes are settled after nothing has happened for this long.</summary>
    static readonly TimeSpan ForeignJobGrace = TimeSpan.FromSeconds(10);
    /// <summary>At most this share of the time is spent polling.</summary>
    const int RestFactor = 10;

    readonly HashSet<JobKey> _others = [];
    // Heartbeats as of the last round. After an outage of ClickHouse a heartbeat may be late, so a single old one proves nothing.
    Dictionary<JobKey, long> _heartbeats = [];
    // From the last round: jobs without progress for a while, and with missing receipts.
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
                    // Twice the overlap: two clocks are involved, and an insert takes time to become visible.
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
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            // Whatever it is: the next round may do better, and an API without its monitor would leave jobs open for ever.
            catch (Exception exception)
            {
                if (!_isWaiting)
                    logger.MonitorWaits(exception.Message);
                _isWaiting = true;
                _heartbeats = [];
            }
            var rest = time.GetElapsedTime(started) * RestFactor;
            rest = rest < PollInterval ? PollInterval : rest > Longest ? Longest : rest;
            await Task.Delay(_isWaiting ? TimeSpan.FromSeconds(1) : rest, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    long After(long timestamp, TimeSpan span) => timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>The jobs of this process that may be about to end. Without any, nothing is queried.</summary>
    /// <param name="isThorough">Also note which of them have made no progress for a while.</param>
    internal async Task SettleFinishedAsync(bool isThorough, CancellationToken cancellationToken)
    {
        if (writer.Ending.IsEmpty)
            return;
        var keys = writer.Ending.Keys;
        var ending = await jobs.ReadAsync([.. keys], cancellationToken);
        foreach (var gone in keys.Except(ending.Select(job => job.Key)))
            writer.Ending.Remove(gone);
        await Task.WhenAll(ending.Select(job => LookAtAsync(job, isOurs: true, cancellationToken)));
        if (isThorough)
            _quiet.UnionWith(ending.Where(LostChunks.IsCandidate).Select(job => job.Key));
    }

    /// <summary>All others that are not settled.</summary>
    /// <param name="within">Look only among jobs with an event within this time; null: among all.</param>
    internal async Task SweepUnsettledAsync(TimeSpan? within, CancellationToken cancellationToken)
    {
        _others.UnionWith(await jobs.UnsettledAsync(within, cancellationToken));
        _others.ExceptWith(writer.Ending.Keys);
        var found = await jobs.ReadAsync([.. _others], cancellationToken);
        _others.IntersectWith(found.Where(job => !job.IsSettled).Select(job => job.Key));
        await Task.WhenAll(found.Select(job => LookAtAsync(job, isOurs: false, cancellationToken)));
        _heartbeats = found.Where(job => !job.UploadEnded && !job.IsOver && job.Facts.HeartbeatMs is not null)
            .ToDictionary(job => job.Key, job => job.Facts.HeartbeatMs!.Value);
        _quiet.UnionWith(found.Where(LostChunks.IsCandidate).Select(job => job.Key));
    }

    /// <summary>Ends those of the jobs that wait for chunks which the log has lost.</summary>
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
            job = await writer.StopAsync(job.Key, JobState.Failed, FailureCodes.LogLostChunks, FormattableString.Invariant(
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
            job = await writer.DecideStopAsync(job, cancellationToken) ?? job;
        if (!isOurs && IsLost(job, out var silence))
        {
            logger.UploadLost(job.JobId, job.TenantId, (long)silence.TotalSeconds);
            job = await writer.StopAsync(job.Key, JobState.Failed, FailureCodes.UploadInterrupted,
                $"The upload was interrupted: it sent no heartbeat for {(long)silence.TotalSeconds} s. What had arrived was processed or abandoned; submit the file again.",
                cancellationToken) ?? job;
        }
        if (!job.IsSettled && IsFinal(job, isOurs))
            await SettleAsync(job, cancellationToken);
        if (job.IsSettled)
            writer.Ending.Remove(job.Key);
    }

    bool IsLost(Job job, out TimeSpan silence)
    {
        silence = TimeSpan.FromMilliseconds(job.Facts.ReadMs - (job.Facts.HeartbeatMs ?? job.Facts.ReadMs));
        return !job.UploadEnded && !job.IsOver && silence > UploadTimeout
            && _heartbeats.TryGetValue(job.Key, out var before) && before == job.Facts.HeartbeatMs;
    }

    /// <summary>Over, and no receipt is missing: the counts are final.</summary>
    static bool IsFinal(Job job, bool isOurs)
    {
        if (!job.IsOver || !job.ReceiptsAreWhole)
            return false;
        var quiet = job.ReadAt - job.UpdatedAt;
        return job.UploadEnded ? isOurs || quiet > ForeignJobGrace : quiet > Job.BrokenUploadQuietPeriod;
    }

    async Task SettleAsync(Job job, CancellationToken cancellationToken)
    {
        await writer.SettleAsync(job, cancellationToken);
        writer.Ending.Remove(job.Key);
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
