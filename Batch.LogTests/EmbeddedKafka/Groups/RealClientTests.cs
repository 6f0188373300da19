using System.Collections.Concurrent;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>librdkafka's consumers in groups of the embedded broker.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class RealClientTests(BrokerProcess broker) : IClassFixture<BrokerProcess>
{
    const int Partitions = 4;
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(PartitionAssignmentStrategy.CooperativeSticky)]
    [InlineData(PartitionAssignmentStrategy.Range)]
    public async Task Two_consumers_share_the_partitions_and_the_one_that_stays_gets_all(PartitionAssignmentStrategy strategy)
    {
        var topic = await CreateTopicAsync();
        await using var first = new Member(broker, topic, strategy);
        await first.HoldsAsync(Partitions);
        var second = new Member(broker, topic, strategy);
        await Task.WhenAll(first.HoldsAsync(2), second.HoldsAsync(2));
        Assert.Equal(Partitions, first.Held.Concat(second.Held).Distinct().Count());
        await second.DisposeAsync();
        await first.HoldsAsync(Partitions);
    }

    [Fact]
    public async Task Each_record_is_delivered_once_over_joins_kills_of_the_broker_and_leaves()
    {
        const int Records = 600;
        var topic = await CreateTopicAsync();
        await using var first = new Member(broker, topic, PartitionAssignmentStrategy.CooperativeSticky);
        await first.HoldsAsync(Partitions);
        await ProduceAsync(topic, 0, Records / 3);
        await Waiting(() => first.Seen.Count == Records / 3, "the first third");
        broker.Kill9();
        await broker.RestartAsync();
        await ProduceAsync(topic, Records / 3, Records / 3);
        await Waiting(() => first.Seen.Count == 2 * Records / 3, "the second third");
        // The broker was away for less than a session: nobody had to join again.
        Assert.Equal(0, first.Revocations);

        var second = new Member(broker, topic, PartitionAssignmentStrategy.CooperativeSticky);
        await Task.WhenAll(first.HoldsAsync(2), second.HoldsAsync(2));
        await ProduceAsync(topic, 2 * Records / 3, Records / 3);
        await Waiting(() => first.Seen.Count + second.Seen.Count == Records, "the last third");
        await second.DisposeAsync();
        await first.HoldsAsync(Partitions);
        await Task.Delay(500);
        Assert.Equal(Enumerable.Range(0, Records), first.Seen.Concat(second.Seen).Order());
    }

    [Fact]
    public async Task A_static_consumer_that_restarts_disturbs_nobody()
    {
        var topic = await CreateTopicAsync();
        await using var first = new Member(broker, topic, PartitionAssignmentStrategy.Range, "one");
        var second = new Member(broker, topic, PartitionAssignmentStrategy.Range, "two");
        await Task.WhenAll(first.HoldsAsync(2), second.HoldsAsync(2));
        var (rebalances, held) = ((first.Assignments, first.Revocations), second.Held.Order().ToArray());
        await second.DisposeAsync();
        await using var again = new Member(broker, topic, PartitionAssignmentStrategy.Range, "two");
        await again.HoldsAsync(2);
        Assert.Equal(held, again.Held.Order());
        Assert.Equal(rebalances, (first.Assignments, first.Revocations));
    }

    [Fact]
    public async Task An_administrator_sees_groups_and_deletes_them()
    {
        var topic = await CreateTopicAsync();
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Servers }).Build();
        var member = new Member(broker, topic, PartitionAssignmentStrategy.Range);
        await member.HoldsAsync(Partitions);
        await ProduceAsync(topic, 0, 10);
        await Waiting(() => member.Seen.Count == 10, "ten records");

        var described = (await admin.DescribeConsumerGroupsAsync([topic])).ConsumerGroupDescriptions.Single();
        Assert.Equal((ConsumerGroupState.Stable, "range"), (described.State, described.PartitionAssignor));
        Assert.Equal(Partitions, described.Members.Single().Assignment.TopicPartitions.Count);
        Assert.Contains((await admin.ListConsumerGroupsAsync()).Valid, group => group.GroupId == topic);
        var refused = await Assert.ThrowsAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync([topic]));
        Assert.Equal(ErrorCode.NonEmptyGroup, refused.Results.Single().Error.Code);

        await member.DisposeAsync();
        var offsets = (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(topic, null)])).Single().Partitions;
        Assert.Equal(10, offsets.Sum(partition => partition.Offset.Value));
        await admin.DeleteGroupsAsync([topic]);
        Assert.DoesNotContain((await admin.ListConsumerGroupsAsync()).Valid, group => group.GroupId == topic);
    }

    async Task<string> CreateTopicAsync()
    {
        var topic = "t" + Guid.NewGuid().ToString("N");
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Servers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = Partitions, ReplicationFactor = 1 }]);
        return topic;
    }

    async Task ProduceAsync(string topic, int from, int count)
    {
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = broker.Servers, Acks = Acks.All }).Build();
        await Task.WhenAll(Enumerable.Range(from, count).Select(number =>
            producer.ProduceAsync(new TopicPartition(topic, number % Partitions), new Message<Null, string> { Value = $"{number}" }))).WaitAsync(TestTimeout);
    }

    static async Task Waiting(Func<bool> condition, string what)
    {
        var end = DateTime.UtcNow + TestTimeout;
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < end, $"Waited for {what}.");
            await Task.Delay(20);
        }
    }

    /// <summary>A consumer that commits each record after it has seen it. The group has the topic's name.</summary>
    sealed class Member : IAsyncDisposable
    {
        readonly IConsumer<Ignore, string> _consumer;
        readonly CancellationTokenSource _stop = new();
        readonly Task _loop;
        volatile int[] _held = [];

        public Member(BrokerProcess broker, string topic, PartitionAssignmentStrategy strategy, string? instance = null)
        {
            var config = new ConsumerConfig
            {
                BootstrapServers = broker.Servers,
                GroupId = topic,
                GroupInstanceId = instance,
                PartitionAssignmentStrategy = strategy,
                SessionTimeoutMs = 10_000,
                HeartbeatIntervalMs = 300,
                AutoOffsetReset = AutoOffsetReset.Earliest,
                EnableAutoCommit = false,
                ReconnectBackoffMs = 50,
                ReconnectBackoffMaxMs = 500,
            };
            _consumer = new ConsumerBuilder<Ignore, string>(config)
                .SetPartitionsAssignedHandler((_, _) => Assignments++)
                .SetPartitionsRevokedHandler((_, _) => Revocations++)
                .SetPartitionsLostHandler((_, _) => Revocations++)
                .Build();
            _consumer.Subscribe(topic);
            _loop = Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);
        }

        public ConcurrentQueue<int> Seen { get; } = [];
        public IReadOnlyList<int> Held => _held;
        public int Assignments { get; private set; }
        public int Revocations { get; private set; }

        public Task HoldsAsync(int partitions) => Waiting(() => _held.Length == partitions, $"{partitions} partitions, holds {_held.Length}");

        void Run()
        {
            while (!_stop.IsCancellationRequested)
            {
                var record = Consume();
                _held = [.. _consumer.Assignment.Select(partition => partition.Partition.Value)];
                if (record is null)
                    continue;
                Seen.Enqueue(int.Parse(Encoding.UTF8.GetBytes(record.Message.Value), System.Globalization.CultureInfo.InvariantCulture));
                Commit(record);
            }
            _consumer.Close();
        }

        ConsumeResult<Ignore, string>? Consume()
        {
            try
            {
                return _consumer.Consume(TimeSpan.FromMilliseconds(50));
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                return null;
            }
        }

        void Commit(ConsumeResult<Ignore, string> record)
        {
            while (true)
            {
                try
                {
                    _consumer.Commit(record);
                    return;
                }
                catch (KafkaException e) when (!e.Error.IsFatal && !_stop.IsCancellationRequested)
                {
                    // The broker is away: it will be back.
                    Thread.Sleep(50);
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _loop.WaitAsync(TestTimeout);
            _consumer.Dispose();
            _stop.Dispose();
        }
    }
}
