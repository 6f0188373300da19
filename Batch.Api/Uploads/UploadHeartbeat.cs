using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;

namespace Batch.Api.Uploads;

/// <summary>Writes a heartbeat of the upload with its progress every few seconds, and notices when its job has ended meanwhile.</summary>
internal sealed class UploadHeartbeat : IAsyncDisposable
{
    readonly CancellationTokenSource _stop = new();
    readonly CancellationTokenSource _jobIsOver = new();
    readonly Task _beating;

    /// <param name="progress">Rows and chunks so far.</param>
    public UploadHeartbeat(JobReader jobs, JobWriter writer, JobAttempt upload, Func<(long Rows, int Chunks)> progress, TimeSpan interval, ILogger logger) =>
        _beating = BeatAsync(jobs, writer, upload, progress, interval, logger);

    /// <summary>Cancelled when the job was cancelled, or failed: its rows are no longer needed.</summary>
    public CancellationToken JobIsOver => _jobIsOver.Token;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        _stop.Dispose();
        _jobIsOver.Dispose();
    }

    async Task BeatAsync(JobReader jobs, JobWriter writer, JobAttempt upload, Func<(long Rows, int Chunks)> progress, TimeSpan interval, ILogger logger)
    {
        using var timer = new PeriodicTimer(interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    var (rows, chunks) = progress();
                    await writer.UploadProgressAsync(upload, rows, chunks, _stop.Token);
                    var precheck = await jobs.PrecheckAsync(upload.Key, ordinal: 0, _stop.Token);
                    // Considered dead, and resumed by another upload: then this one's rows are no longer needed either.
                    if (precheck.JobIsOver || precheck.Attempt > upload.Number)
                        await _jobIsOver.CancelAsync();
                }
                catch (Exception fault) when (fault is not OperationCanceledException || !_stop.IsCancellationRequested)
                {
                    // The upload itself needs only the log; it continues, and the next heartbeat tries again.
                    logger.HeartbeatFailed(upload.Key.JobId, fault.Message);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The upload is over.
        }
    }
}
