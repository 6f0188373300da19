using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Batch.Core.Log;
using Batch.Tests.Log;

namespace Batch.Tests.EmbeddedKafka;

/// <summary>The broker is killed at random while eight producers append and a group consumes and commits.</summary>
/// <remarks>15 kills; <c>BATCH_BROKER_KILLS=200</c> makes it as many as that, <c>BATCH_BROKER_KILLS_SEED</c> another run.</remarks>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class BrokerKillTests : IAsyncLifetime
{
    const int Producers = 8, Partitions = 4, RecordsACommit = 10;
    const string Group = "readers";
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);
    static readonly int Kills = TestSettings.Number("BATCH_BROKER_KILLS", 15);

    readonly BrokerProcess _broker = new() { Arguments = ["--segment-bytes", "1048576"] };
    readonly LogLines<KafkaLog> _lines = new();
    readonly string _topic = "killed";
    readonly ConcurrentDictionary<(int Partition, long Offset), string> _acknowledged = new();
    readonly ConcurrentDictionary<(int Partition, long Offset), string> _read = new();
    readonly long[] _committed = new long[Partitions];

    public Task InitializeAsync() => _broker.InitializeAsync();
    public Task DisposeAsync() => _broker.DisposeAsync();

    KafkaLog Open() => new(
        new KafkaOptions { BootstrapServers = _broker.Servers, SessionTimeout = TimeSpan.FromSeconds(6), AppendTimeout = TimeSpan.FromSeconds(30) },
        _lines);

    [Fact]
    public async Task Nothing_acknowledged_is_missing_nothing_is_out_of_order_and_offsets_never_go_back()
    {
        var random = new Random(TestSettings.Number("BATCH_BROKER_KILLS_SEED", 1));
        await using var log = Open();
        await log.EnsureTopicAsync(_topic, Partitions, CancellationToken.None);
        using var stopProducing = new CancellationTokenSource();
        using var stopReading = new CancellationTokenSource();
        var producing = Enumerable.Range(0, Producers).Select(producer => Task.Run(() => ProduceAsync(log, producer, stopProducing.Token))).ToArray();
        var reading = Enumerable.Range(0, 2).Select(_ => Task.Run(() => ReadAsync(log, stopReading.Token))).ToArray();

        for (var kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(random.Next(50, 1000));
            _broker.Kill9();
            var committed = _committed.Select((_, i) => Volatile.Read(ref _committed[i])).ToArray();
            await _broker.RestartAsync();
            await AssertNotBehindAsync(log, committed, kill);
        }
        await stopProducing.CancelAsync();
        await Task.WhenAll(producing).WaitAsync(TestTimeout);
        await EventuallyAsync(async () =>
        {
            // A reader that has failed reads no more; its reason is the test's.
            foreach (var reader in reading.Where(reader => reader.IsCompleted))
                await reader;
            return _acknowledged.Keys.All(_read.ContainsKey);
        }, () => $"""
            {_acknowledged.Keys.Count(place => !_read.ContainsKey(place))} of {_acknowledged.Count} acknowledged records were not read.
            The client said: {string.Join('\n', _lines.All)}
            The broker said: {_broker.Errors}
            """);
        await stopReading.CancelAsync();
        await Task.WhenAll(reading).WaitAsync(TestTimeout);

        Assert.True(_acknowledged.Count > Kills, $"Only {_acknowledged.Count} records were acknowledged.");
        Assert.All(_acknowledged, record => Assert.Equal(record.Value, _read[record.Key]));
        Assert.Equal(_read.Count, _read.Values.Distinct().Count());
        foreach (var partition in _read.GroupBy(record => record.Key.Partition))
            foreach (var producer in partition.OrderBy(record => record.Key.Offset).Select(record => record.Value.Split(' ')[0].Split(':'))
                .GroupBy(parts => parts[0]))
            {
                var numbers = producer.Select(parts => int.Parse(parts[1], CultureInfo.InvariantCulture)).ToList();
                Assert.Equal(numbers.Order(), numbers);
            }
    }

    async Task ProduceAsync(KafkaLog log, int producer, CancellationToken stop)
    {
        var random = new Random(producer);
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var value = $"{producer}:{number} {new string('x', random.Next(10) == 0 ? random.Next(200_000) : random.Next(200))}";
            try
            {
                // One after the other, so that the order of numbers is the order of appends.
                var position = await log.AppendAsync(_topic, producer % Partitions, [], Encoding.UTF8.GetBytes(value), CancellationToken.None);
                Assert.True(_acknowledged.TryAdd((position.Partition, position.Offset), value), $"Offset {position} was given twice.");
                // Slower than the group reads, so that the end does not have to wait for it.
                await Task.Delay(random.Next(10), CancellationToken.None);
            }
            catch (LogUnavailableException)
            {
                // Not acknowledged: it may be there or not, but not twice.
            }
        }
    }

    async Task ReadAsync(KafkaLog log, CancellationToken stop)
    {
        await using var consumer = log.Join(Group, [_topic]);
        // A commit also returns when its partition was lost meanwhile, and then nothing was committed. The next read says so.
        LogPosition? returned = null;
        consumer.Revoked += lost =>
        {
            if (returned is { } position && lost.Contains(position.Source))
                returned = null;
        };
        var sinceCommit = 0;
        while (true)
        {
            LogRecord record;
            try
            {
                record = await consumer.ReadAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (returned is { } committed)
                lock (_committed)
                    _committed[committed.Partition] = Math.Max(_committed[committed.Partition], committed.Offset + 1);
            returned = null;
            using (record)
            {
                var place = (record.Position.Partition, record.Position.Offset);
                var value = Encoding.UTF8.GetString(record.Value.Span);
                // Delivered again after a kill, but never another record at the same place.
                Assert.Equal(value, _read.GetOrAdd(place, value));
                if (++sinceCommit < RecordsACommit)
                    continue;
                sinceCommit = 0;
                using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
                try
                {
                    await consumer.CommitAsync(record.Position, timeout.Token);
                    returned = record.Position;
                }
                catch (OperationCanceledException)
                {
                    // The broker is down; a later commit says the same.
                }
            }
        }
    }

    async Task AssertNotBehindAsync(KafkaLog log, long[] committed, int kill)
    {
        IReadOnlyList<PartitionLag>? lags = null;
        var reason = "";
        await EventuallyAsync(async () =>
        {
            try
            {
                lags = await log.LagAsync(Group, _topic, CancellationToken.None);
                return true;
            }
            catch (LogUnavailableException exception)
            {
                reason = exception.Message;
                return false;
            }
        }, () => $"The broker does not answer after kill {kill}: {reason} It said: {_broker.Errors}");
        Assert.All(lags!, lag => Assert.True(
            (lag.Committed ?? 0) >= committed[lag.Partition.Partition],
            $"After kill {kill} the group stands at {lag.Committed} of {lag.Partition}, and {committed[lag.Partition.Partition]} was committed."));
    }

    static async Task EventuallyAsync(Func<Task<bool>> condition, Func<string> otherwise)
    {
        var until = DateTime.UtcNow + TestTimeout;
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < until, otherwise());
            await Task.Delay(50);
        }
    }
}
