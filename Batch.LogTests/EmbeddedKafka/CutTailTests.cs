using System.Collections.Concurrent;
using System.Text;
using Batch.Core.Log;
using Batch.Tests.Log;

namespace Batch.Tests.EmbeddedKafka;

/// <summary>The end of a partition is lost while the broker is down; a live consumer has read beyond the cut, and new records get those offsets.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class CutTailTests(BrokerProcess broker) : IClassFixture<BrokerProcess>
{
    const int Records = 40;
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(120);

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    // Beyond the cut.
    [InlineData(35)]
    public async Task Records_that_come_after_a_cut_are_all_read_by_a_consumer_that_was_beyond_it(int committed)
    {
        var topic = $"cut-{committed}";
        var lines = new LogLines<KafkaLog>();
        await using var log = Open(lines);
        await log.EnsureTopicAsync(topic, 1, CancellationToken.None);
        await using var consumer = log.Join($"readers-{committed}", [topic]);
        var read = new ConcurrentDictionary<string, LogPosition>();
        using var stop = new CancellationTokenSource();
        var reading = ReadAsync(consumer, read, stop.Token);
        await AppendAsync(topic, "old");
        await EventuallyAsync(() => read.Count == Records, "the records before the cut");
        if (committed > 0)
            await consumer.CommitAsync(read[$"old {committed - 1}"], CancellationToken.None).WaitAsync(TestTimeout);

        broker.Kill9();
        var file = Assert.Single(Directory.GetFiles(Path.Combine(broker.DataFolder, "log", topic, "0"), "*.log"));
        await using (var segment = File.OpenWrite(file))
            segment.SetLength(segment.Length / 2);
        await broker.RestartAsync();
        await AppendAsync(topic, "new");

        await EventuallyAsync(
            () => Enumerable.Range(0, Records).All(number => read.ContainsKey($"new {number}")),
            $"{read.Keys.Count(value => value.StartsWith("new", StringComparison.Ordinal))} of {Records}: {string.Join('\n', lines.All)}");
        // Also after the next start, when nothing is amiss any more.
        broker.Kill9();
        await broker.RestartAsync();
        await AppendAsync(topic, "last");
        await EventuallyAsync(() => Enumerable.Range(0, Records).All(number => read.ContainsKey($"last {number}")), "the last records");
        await stop.CancelAsync();
        await reading.WaitAsync(TestTimeout);
    }

    KafkaLog Open(LogLines<KafkaLog> lines) =>
        new(new KafkaOptions { BootstrapServers = broker.Servers, SessionTimeout = TimeSpan.FromSeconds(6), AppendTimeout = TimeSpan.FromSeconds(60) }, lines);

    /// <summary>By another producer each time: the sequences of one whose records were lost are refused once.</summary>
    async Task AppendAsync(string topic, string name)
    {
        await using var log = Open(new LogLines<KafkaLog>());
        await log.EnsureTopicAsync(topic, 1, CancellationToken.None).WaitAsync(TestTimeout);
        for (var number = 0; number < Records; number++)
            await log.AppendAsync(topic, 0, [], Encoding.UTF8.GetBytes($"{name} {number}"), CancellationToken.None).WaitAsync(TestTimeout);
    }

    static async Task ReadAsync(ILogConsumer consumer, ConcurrentDictionary<string, LogPosition> read, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var record = await consumer.ReadAsync(stop);
                read[Encoding.UTF8.GetString(record.Value.Span)] = record.Position;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        var until = DateTime.UtcNow + TestTimeout;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, what);
            await Task.Delay(50);
        }
    }
}
