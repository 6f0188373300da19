using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>A producer and the admin client that shares its connections.</summary>
internal sealed class KafkaClients : IDisposable
{
    static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(5);

    static SliceProducer.Produce? _produceSlice;
    static bool _looked;

    readonly IProducer<Null, byte[]> _producer;
    readonly Action<KafkaClients> _failed;
    readonly Lock _gate = new();
    readonly HashSet<Delivery> _underWay = [];
    bool _disposed;

    /// <param name="failed">Called, on any thread, once the producer has failed fatally.</param>
    public KafkaClients(KafkaOptions options, KafkaHealth health, Action<KafkaClients> failed)
    {
        _failed = failed;
        _producer = new ProducerBuilder<Null, byte[]>(KafkaConfigs.Producer(options))
            .SetErrorHandler((_, error) =>
            {
                health.OnProducerError(error);
                if (error.IsFatal)
                    failed(this);
            })
            .SetLogHandler((_, message) => health.OnLog(message))
            .Build();
        if (!_looked)
            (_produceSlice, _looked) = (SliceProducer.Find(_producer.GetType()), true);
        Admin = new DependentAdminClientBuilder(_producer.Handle).Build();
    }

    public IAdminClient Admin { get; }

    /// <summary>Hands a record to librdkafka, which copies it before this returns.</summary>
    /// <param name="letGo">Called once librdkafka holds the record no longer; not where this throws.</param>
    /// <returns>Completes once the brokers have acknowledged it; else fails with <see cref="KafkaException"/>.</returns>
    /// <exception cref="KafkaException">It was not taken.</exception>
    public Task<LogPosition> Produce(LogPartition partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, Action letGo)
    {
        var delivery = new Delivery(partition.Topic, letGo);
        lock (_gate)
        {
            if (_disposed)
                throw new KafkaException(new Error(ErrorCode.Local_Destroy));
            _underWay.Add(delivery);
        }
        try
        {
            if (_produceSlice is { } produce && MemoryMarshal.TryGetArray(value, out var slice))
                produce(
                    _producer, partition.Topic, partition.Partition, slice.Array!, slice.Offset, slice.Count, ToHeaders(headers),
                    report => OnReport(delivery, report));
            else
                _producer.Produce(
                    new TopicPartition(partition.Topic, partition.Partition),
                    new Message<Null, byte[]> { Value = Exact(value), Headers = [.. ToHeaders(headers)] },
                    report => OnReport(delivery, report));
        }
        catch (Exception e)
        {
            lock (_gate)
                _underWay.Remove(delivery);
            if (e is KafkaException { Error: { } error } && IsFatal(error))
                _failed(this);
            throw e is ObjectDisposedException ? new KafkaException(new Error(ErrorCode.Local_Destroy), e) : e;
        }
        return delivery.Task;
    }

    void OnReport(Delivery delivery, DeliveryReport<Null, byte[]> report)
    {
        lock (_gate)
            if (!_underWay.Remove(delivery))
                return;
        delivery.LetGo();
        if (!report.Error.IsError)
        {
            delivery.SetResult(new LogPosition(delivery.Topic, report.Partition, report.Offset));
            return;
        }
        if (IsFatal(report.Error))
            _failed(this);
        delivery.SetException(new KafkaException(report.Error));
    }

    static bool IsFatal(Error error) => error.IsFatal || error.Code == ErrorCode.Local_Fatal;

    static byte[] Exact(ReadOnlyMemory<byte> value) =>
        MemoryMarshal.TryGetArray(value, out var segment) && segment.Count == segment.Array!.Length ? segment.Array : value.ToArray();

    static List<IHeader> ToHeaders(IReadOnlyList<LogHeader> headers)
    {
        var result = new List<IHeader>(headers.Count);
        for (var i = 0; i < headers.Count; i++)
            result.Add(new Header(headers[i].Key, Exact(headers[i].Value)));
        return result;
    }

    /// <summary>Appends under way get a few seconds; those that are not answered then fail.</summary>
    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _producer.Flush(FlushTimeout);
        Admin.Dispose();
        _producer.Dispose();
        // A client that is gone reports nothing any more.
        List<Delivery> unanswered;
        lock (_gate)
        {
            unanswered = [.. _underWay];
            _underWay.Clear();
        }
        foreach (var delivery in unanswered)
        {
            delivery.LetGo();
            delivery.SetException(new KafkaException(new Error(ErrorCode.Local_Destroy)));
        }
    }

    sealed class Delivery(string topic, Action letGo) : TaskCompletionSource<LogPosition>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Topic => topic;
        public void LetGo() => letGo();
    }
}
