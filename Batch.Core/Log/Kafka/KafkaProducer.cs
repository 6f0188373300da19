using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>The idempotent producer of this process, made anew when it has failed for good; the admin client shares its connections.</summary>
internal sealed class KafkaProducer(KafkaOptions options, KafkaHealth health) : IDisposable
{
    static readonly TimeSpan QueueFullWait = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(5);

    readonly Lock _gate = new();
    (IProducer<Null, byte[]> Producer, IAdminClient Admin)? _clients;
    long _bytes;
    bool _disposed;

    /// <summary>Bytes handed to librdkafka and not yet acknowledged.</summary>
    public long QueuedBytes => Volatile.Read(ref _bytes);

    public IAdminClient Admin => Clients().Admin;

    (IProducer<Null, byte[]> Producer, IAdminClient Admin) Clients()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(KafkaLog));
            if (_clients is { } present)
                return present;
            var producer = new ProducerBuilder<Null, byte[]>(KafkaConfigs.Producer(options))
                .SetErrorHandler((failed, error) =>
                {
                    health.OnError(error);
                    if (error.IsFatal)
                        Replace(failed);
                })
                .SetLogHandler((_, message) => health.OnLog(message))
                .Build();
            var clients = (producer, new DependentAdminClientBuilder(producer.Handle).Build());
            _clients = clients;
            return clients;
        }
    }

    public async Task<LogPosition> AppendAsync(
        LogPartition partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var message = new Message<Null, byte[]> { Value = Exact(value), Headers = ToHeaders(headers) };
        var producer = Clients().Producer;
        Interlocked.Add(ref _bytes, value.Length);
        try
        {
            var deadline = DateTime.UtcNow + options.AppendTimeout;
            while (true)
            {
                try
                {
                    var result = await producer.ProduceAsync(
                        new TopicPartition(partition.Topic, partition.Partition), message, cancellationToken).ConfigureAwait(false);
                    health.OnAnswer();
                    return new LogPosition(result.Topic, result.Partition, result.Offset);
                }
                catch (ProduceException<Null, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull && DateTime.UtcNow < deadline)
                {
                    await Task.Delay(QueueFullWait, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (KafkaException e)
        {
            if (e.Error.IsFatal || e.Error.Code == ErrorCode.Local_Fatal)
                Replace(producer);
            throw KafkaFaults.Explain(health, partition.Topic, e.Error, e);
        }
        finally
        {
            Interlocked.Add(ref _bytes, -value.Length);
        }
    }

    /// <summary>librdkafka copies the value at once, but the client only takes whole arrays.</summary>
    static byte[] Exact(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Count == segment.Array!.Length ? segment.Array : value.ToArray();

    static Headers ToHeaders(IReadOnlyList<LogHeader> headers)
    {
        var result = new Headers();
        for (var i = 0; i < headers.Count; i++)
            result.Add(headers[i].Key, Exact(headers[i].Value));
        return result;
    }

    /// <summary>Lets the next append make a new producer. The old one fails what it still holds, and whoever appended tries again.</summary>
    void Replace(IProducer<Null, byte[]> failed)
    {
        lock (_gate)
        {
            if (_clients is not { } clients || clients.Producer != failed)
                return;
            _clients = null;
            // Elsewhere: a client cannot be disposed from within its own callback.
            _ = Task.Run(() => Dispose(clients));
        }
    }

    public void Dispose()
    {
        (IProducer<Null, byte[]> Producer, IAdminClient Admin)? clients;
        lock (_gate)
            (clients, _clients, _disposed) = (_clients, null, true);
        if (clients is not { } present)
            return;
        present.Producer.Flush(FlushTimeout);
        Dispose(present);
    }

    static void Dispose((IProducer<Null, byte[]> Producer, IAdminClient Admin) clients)
    {
        clients.Admin.Dispose();
        clients.Producer.Dispose();
    }
}
