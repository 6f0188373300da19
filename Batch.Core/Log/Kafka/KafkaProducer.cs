using Batch.Primitives;
using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>Appends for the whole process through one idempotent producer, which is replaced when it fails fatally.</summary>
/// <remarks>
/// What is given to librdkafka is bounded here, by bytes and first come first served: its own queue refuses what is too much, and whoever tries
/// again has lost his turn. A record counts until librdkafka has let go of it, even if nobody waits for it any more.
/// </remarks>
internal sealed class KafkaProducer(KafkaOptions options, KafkaHealth health, TimeProvider time) : IDisposable
{
    /// <summary>An append that takes longer than this asks why.</summary>
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(1);
    /// <summary>Bytes that librdkafka needs for a record beside headers and value; with it the bytes bound the number of records too.</summary>
    const int RecordBytes = 512;

    readonly Lock _gate = new();
    readonly ByteBudget _queue = new(options.QueueBytes);
    KafkaClients? _clients;
    bool _disposed;

    /// <summary>Bytes of records handed to librdkafka and not yet acknowledged.</summary>
    public long QueuedBytes => _queue.Held;

    public IAdminClient Admin => Clients().Admin;

    KafkaClients Clients()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(KafkaLog));
            return _clients ??= new KafkaClients(options, health, Replace);
        }
    }

    /// <param name="storage">Asked, again and again, while the record is not acknowledged.</param>
    /// <exception cref="LogUnavailableException">The record was not taken, or not in time; the inner exception is Kafka's.</exception>
    /// <exception cref="LogFullException">There is no room on the broker's disk. librdkafka goes on trying until the record's time is up.</exception>
    public async Task<LogPosition> AppendAsync(
        LogPartition partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, KafkaStorage storage, CancellationToken cancellationToken)
    {
        var bytes = RecordBytes + value.Length;
        for (var i = 0; i < headers.Count; i++)
            bytes += headers[i].Key.Length + headers[i].Value.Length;
        try
        {
            await EnterAsync(bytes, storage, cancellationToken).ConfigureAwait(false);
            var delivery = Give(partition, headers, value, bytes);
            await WaitAsync(delivery, null, storage, cancellationToken).ConfigureAwait(false);
            health.OnAppended();
            return await delivery.ConfigureAwait(false);
        }
        catch (KafkaException e)
        {
            throw KafkaFaults.Explain(health, partition.Topic, e.Error, e);
        }
    }

    async Task EnterAsync(long bytes, KafkaStorage storage, CancellationToken cancellationToken)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var entering = _queue.AcquireAsync(bytes, leave.Token);
        if (entering.IsCompletedSuccessfully)
            return;
        try
        {
            await WaitAsync(entering, options.AppendTimeout, storage, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await leave.CancelAsync().ConfigureAwait(false);
            await entering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Let in at this very moment.
            if (entering.IsCompletedSuccessfully)
                _queue.Release(bytes);
            throw;
        }
    }

    Task<LogPosition> Give(LogPartition partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, int bytes)
    {
        try
        {
            return Clients().Produce(partition, headers, value, () => _queue.Release(bytes));
        }
        catch
        {
            _queue.Release(bytes);
            throw;
        }
    }

    async Task WaitAsync(Task task, TimeSpan? limit, KafkaStorage storage, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await task.WaitAsync(GiveUpAfter, time, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException timeout)
            {
                if (task.IsCompleted)
                    continue;
                if (await storage.ReasonAsync(cancellationToken).ConfigureAwait(false) is { } reason)
                    throw KafkaFaults.Full(health, reason);
                if (time.GetElapsedTime(started) > limit)
                    throw new KafkaException(new Error(ErrorCode.Local_MsgTimedOut), timeout);
            }
        }
    }

    /// <summary>Lets the next append make new clients. The old ones fail what they still hold, and whoever appended tries again.</summary>
    void Replace(KafkaClients failed)
    {
        lock (_gate)
        {
            if (_clients != failed)
                return;
            _clients = null;
        }
        // Elsewhere: a client cannot be disposed from within its own callback.
        _ = Task.Run(failed.Dispose);
    }

    public void Dispose()
    {
        KafkaClients? clients;
        lock (_gate)
            (clients, _clients, _disposed) = (_clients, null, true);
        clients?.Dispose();
    }
}
