using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Batch.Api.Uploads;
using Batch.Core.Chunks;
using Batch.Core.Faults;
using Batch.Core.Log;
using Batch.Core.Telemetry;

namespace Batch.Api.Publishing;

/// <summary>Appends the chunks of one job to the log, a few at a time, and counts what the log has acknowledged.</summary>
/// <remarks>
/// Invariant: <see cref="Rows"/> and <see cref="Chunks"/> count acknowledged appends only, so an interrupted upload is settled
/// with them. An append is never cancelled once started: a chunk whose outcome is unknown could not be counted.
/// </remarks>
/// <param name="mayOvertake">Whether the tenant's small uploads may use the express topic now.</param>
internal sealed class ChunkPublisher(
    ILog log, ChunkTopics topics, SmallUploadBatcher shared, UploadPlan plan, UploadOptions options, bool mayOvertake)
{
    readonly SemaphoreSlim _slots = new(options.AppendsInFlight, options.AppendsInFlight);
    long _rows = plan.Loaded?.Rows ?? 0;
    int _chunks = plan.Loaded?.Count ?? 0;
    volatile ExceptionDispatchInfo? _fault;

    /// <summary>Rows in the log, and rows that an earlier attempt has loaded.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Their chunks.</summary>
    public int Chunks => Volatile.Read(ref _chunks);

    /// <summary>Starts to append the chunk once there is a slot for it, and disposes it when done.</summary>
    /// <exception cref="LogUnavailableException">An append before this one failed.</exception>
    public async Task PublishAsync(OutgoingChunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            await _slots.WaitAsync(cancellationToken);
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
        if (_fault is { } fault)
        {
            chunk.Dispose();
            _slots.Release();
            fault.Throw();
        }
        _ = AppendAsync(chunk);
    }

    /// <summary>Waits for all running appends.</summary>
    /// <exception cref="LogUnavailableException">One of them failed.</exception>
    public async Task DrainAsync()
    {
        await DrainQuietlyAsync();
        _fault?.Throw();
    }

    /// <summary>The same without throwing, for a caller that already has a fault to report.</summary>
    public async Task DrainQuietlyAsync()
    {
        for (var i = 0; i < options.AppendsInFlight; i++)
            await _slots.WaitAsync();
        _slots.Release(options.AppendsInFlight);
    }

    async Task AppendAsync(OutgoingChunk chunk)
    {
        // Only a hint: a small first chunk is usually the whole file. A second chunk, if there is one, uses the other topic.
        var express = mayOvertake && chunk.Ordinal == 0 && chunk.Bytes.Length <= options.ExpressBytes;
        Activity? span = null;
        try
        {
            var partition = topics.PartitionOf(plan.Key.JobId, chunk.Ordinal, express);
            span = BatchSpans.StartAppend(partition.Topic, chunk.Ordinal, chunk.Rows, chunk.Bytes.Length);
            var header = plan.HeaderOf(chunk);
            var trace = span?.Context ?? Activity.Current?.Context ?? default;
            if (chunk.Ordinal == 0 && chunk.Bytes.Length <= options.SharedRecordBytes)
                await shared.AppendAsync(partition, header, chunk.Bytes, trace);
            else
                await log.AppendAsync(
                    partition.Topic, partition.Partition, ChunkHeaderCodec.Encode(header, trace), chunk.Bytes, CancellationToken.None);
            FaultPoint.Reached(FaultPoint.ChunkAppended, chunk.Ordinal);
            Interlocked.Add(ref _rows, chunk.Rows);
            Interlocked.Increment(ref _chunks);
            UploadMetrics.ChunkAppended(chunk.Rows, chunk.Bytes.Length);
        }
        catch (Exception fault)
        {
            span.Failed(fault);
            _fault ??= ExceptionDispatchInfo.Capture(fault);
        }
        finally
        {
            span?.Dispose();
            chunk.Dispose();
            _slots.Release();
        }
    }
}
