using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Core.Log.Kafka;

/// <summary>Why the broker's disk takes no records now, where the broker can say it.</summary>
/// <remarks>
/// The embedded broker refuses appends with KAFKA_STORAGE_ERROR while its disk is full. librdkafka repeats that in silence until time is up, so
/// the reason is asked for: the setting <c>storage.error</c> of the broker, empty when all is well. Other brokers do not have it, and are not
/// asked again for a while. At most one request runs at a time, however many appends wait.
/// </remarks>
internal sealed class KafkaStorage(Func<Task<string?>> ask, TimeProvider time)
{
    public const string Setting = "storage.error";

    static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(5);

    readonly Lock _gate = new();
    Task<string?>? _asking;
    long _unknownSince;

    public static KafkaStorage Of(KafkaOptions options, KafkaProducer producer, TimeProvider time) => new(() => AskAsync(options, producer), time);

    /// <summary>The reason, in words for a person; null where there is none, or none that is known.</summary>
    public async Task<string?> ReasonAsync(CancellationToken cancellationToken)
    {
        Task<string?> asking;
        lock (_gate)
        {
            if (_unknownSince != 0 && time.GetElapsedTime(_unknownSince) < AskAgain)
                return null;
            if (_asking is null or { IsCompleted: true })
                _asking = Task.Run(ask, CancellationToken.None);
            asking = _asking;
        }
        try
        {
            if (await asking.WaitAsync(cancellationToken).ConfigureAwait(false) is { } reason)
                return reason.Length > 0 ? reason : null;
            lock (_gate)
                _unknownSince = time.GetTimestamp();
        }
        // Brokers that do not answer are told of by whatever else is asked of them.
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
        }
        return null;
    }

    /// <returns>Null: the broker has no such setting, or does not show it.</returns>
    static async Task<string?> AskAsync(KafkaOptions options, KafkaProducer producer)
    {
        try
        {
            // Any broker: one that has the setting is the only one.
            var broker = producer.Admin.GetMetadata(options.RequestTimeout).Brokers[0].BrokerId.ToString(CultureInfo.InvariantCulture);
            var description = await producer.Admin.DescribeConfigsAsync(
                [new ConfigResource { Type = ResourceType.Broker, Name = broker }],
                new DescribeConfigsOptions { RequestTimeout = options.RequestTimeout }).ConfigureAwait(false);
            return description[0].Entries.TryGetValue(Setting, out var entry) ? entry.Value ?? "" : null;
        }
        catch (KafkaException e) when (KafkaFaults.IsRefusal((e as DescribeConfigsException)?.Results is [var report] ? report.Error.Code : e.Error.Code))
        {
            return null;
        }
    }
}
