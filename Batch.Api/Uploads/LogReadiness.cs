using Batch.Core.Chunks;
using Batch.Core.Log;
using Batch.Csv.Cutting;

namespace Batch.Api.Uploads;

/// <summary>Asks the log whether it is there before a job is made, so that an upload refused for its sake leaves nothing behind.</summary>
internal sealed class LogReadiness(ILog log, ChunkTopics topics, ChunkerOptions chunker, UploadOptions options, TimeProvider time)
{
    // Many small uploads need not ask each for itself.
    static readonly TimeSpan Validity = TimeSpan.FromSeconds(1);

    long _answeredAt;

    /// <exception cref="LogUnavailableException">It is not there, takes too long to say so, or cannot carry chunks as large as they are set to be.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var answeredAt = Interlocked.Read(ref _answeredAt);
        if (answeredAt != 0 && time.GetElapsedTime(answeredAt) < Validity)
            return;
        if (chunker.ChunkBytes > log.MaxRecordBytes)
            throw new LogUnavailableException($"{ChunkerOptions.SectionName}:{nameof(chunker.ChunkBytes)} is {chunker.ChunkBytes}, but the log "
                + $"accepts records of at most {log.MaxRecordBytes} bytes. Lower the one, or raise the other's MaxRecordBytes.");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.LogCheckSeconds), time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await topics.EnsureAsync(limit.Token);
            await log.CheckAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LogUnavailableException($"It did not answer within {options.LogCheckSeconds:0.#} s.");
        }
        Interlocked.Exchange(ref _answeredAt, time.GetTimestamp());
    }
}
