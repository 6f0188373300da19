using System.Diagnostics;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Protocol;
using Batch.Tests.EmbeddedKafka.Storage;

namespace Batch.Tests.EmbeddedKafka.Wire;

/// <summary>What is appended, what is refused, and what a fetch gives of it.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ProduceAndFetchTests(BrokerProcess broker) : IClassFixture<BrokerProcess>, IAsyncLifetime
{
    readonly string _topic = "topic-" + Guid.NewGuid().ToString("N");
    WireClient _client = null!;

    public async Task InitializeAsync()
    {
        _client = await WireClient.ConnectAsync(broker.Servers);
        await _client.CreateTopicAsync(_topic, 2);
    }

    public Task DisposeAsync()
    {
        _client.Dispose();
        return Task.CompletedTask;
    }

    async Task<List<(int Partition, KafkaError Error, long End, byte[] Records)>> FetchAsync(
        int maxWaitMs, int minBytes, int maxBytes, params (int Partition, long Offset, int MaxBytes)[] partitions) =>
        WireClient.ReadFetched(await _client.AskAsync(ApiKey.Fetch, 11, false, WireClient.Fetch(maxWaitMs, minBytes, maxBytes, _topic, partitions)));

    [Fact]
    public async Task Records_come_back_as_they_were_sent_with_their_offsets()
    {
        Assert.Equal((KafkaError.None, 0), await _client.ProduceAsync(_topic, 0, TestBatch.Of("a", "b")));
        Assert.Equal((KafkaError.None, 2), await _client.ProduceAsync(_topic, 0, TestBatch.Of("c")));

        var fetched = Assert.Single(await FetchAsync(0, 0, 1 << 20, (0, 0, 1 << 20)));

        Assert.Equal((KafkaError.None, 3), (fetched.Error, fetched.End));
        Assert.Equal(["0=a", "1=b", "2=c"], TestBatch.Decode(fetched.Records));
    }

    [Fact]
    public async Task What_cannot_be_stored_as_it_is_is_refused_by_its_error_and_nothing_is_appended()
    {
        var damaged = TestBatch.Of("damaged");
        damaged[^1] ^= 1;
        var oldFormat = TestBatch.Of("old");
        oldFormat[16] = 1;
        Assert.Equal(KafkaError.CorruptMessage, (await _client.ProduceAsync(_topic, 0, damaged)).Error);
        Assert.NotEqual(KafkaError.None, (await _client.ProduceAsync(_topic, 0, oldFormat)).Error);
        Assert.NotEqual(KafkaError.None, (await _client.ProduceAsync(_topic, 0, [])).Error);
        Assert.NotEqual(KafkaError.None, (await _client.ProduceAsync(_topic, 0, TestBatch.Of("short")[..^1])).Error);
        Assert.Equal(KafkaError.InvalidRequiredAcks, (await _client.ProduceAsync(_topic, 0, TestBatch.Of("acks"), acks: 2)).Error);
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await _client.ProduceAsync(_topic, 7, TestBatch.Of("where"))).Error);
        Assert.Equal(KafkaError.UnknownTopicOrPartition, (await _client.ProduceAsync(_topic + "x", 0, TestBatch.Of("where"))).Error);
        Assert.Equal(
            KafkaError.TransactionalIdAuthorizationFailed, (await _client.ProduceAsync(_topic, 0, TestBatch.Of("t"), transactionalId: "t")).Error);

        Assert.Equal((KafkaError.None, 0), await _client.ProduceAsync(_topic, 0, TestBatch.Of("sound")));
    }

    [Fact]
    public async Task A_batch_over_max_message_bytes_is_too_large()
    {
        await _client.AskAsync(ApiKey.IncrementalAlterConfigs, 0, false, body =>
        {
            body.Array(1);
            body.Int8(2);
            body.String(_topic);
            body.Array(1);
            body.String("max.message.bytes");
            body.Int8(0);
            body.String("2000");
            body.Bool(false);
        });

        Assert.Equal(KafkaError.MessageTooLarge, (await _client.ProduceAsync(_topic, 0, TestBatch.Of(new string('x', 2000)))).Error);
        Assert.Equal((KafkaError.None, 0), await _client.ProduceAsync(_topic, 0, TestBatch.Of(new string('x', 1000))));
    }

    [Fact]
    public async Task A_producer_with_acks_0_gets_no_answer_and_its_records_are_there()
    {
        await _client.SendAsync(ApiKey.Produce, 7, false, WireClient.Produce(_topic, 0, TestBatch.Of("silent"), acks: 0));

        var fetched = Assert.Single(await FetchAsync(5000, 1, 1 << 20, (0, 0, 1 << 20)));

        Assert.Equal(["0=silent"], TestBatch.Decode(fetched.Records));
    }

    [Fact]
    public async Task The_same_batch_of_an_idempotent_producer_is_stored_once()
    {
        var first = new TestBatch("a") { ProducerId = 1, Epoch = 0, Sequence = 0 }.Encode();
        var third = new TestBatch("c") { ProducerId = 1, Epoch = 0, Sequence = 2 }.Encode();
        Assert.Equal((KafkaError.None, 0), await _client.ProduceAsync(_topic, 0, first));
        Assert.Equal((KafkaError.None, 0), await _client.ProduceAsync(_topic, 0, first));
        Assert.Equal(KafkaError.OutOfOrderSequenceNumber, (await _client.ProduceAsync(_topic, 0, third)).Error);

        Assert.Equal(1, Assert.Single(await FetchAsync(0, 0, 1 << 20, (0, 0, 1 << 20))).End);
    }

    [Fact]
    public async Task A_fetch_waits_for_records_and_is_answered_when_they_come()
    {
        using var other = await WireClient.ConnectAsync(broker.Servers);
        var fetching = FetchAsync(20_000, 1, 1 << 20, (0, 0, 1 << 20), (1, 0, 1 << 20));
        await Task.Delay(200);
        Assert.False(fetching.IsCompleted);

        await other.ProduceAsync(_topic, 1, TestBatch.Of("at last"));

        var fetched = await fetching.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["0=at last"], TestBatch.Decode(fetched[1].Records));
    }

    [Fact]
    public async Task A_fetch_of_nothing_is_answered_when_its_time_is_up()
    {
        var started = Stopwatch.GetTimestamp();

        var fetched = Assert.Single(await FetchAsync(300, 1, 1 << 20, (0, 0, 1 << 20)));

        Assert.Empty(fetched.Records);
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public async Task A_fetch_has_one_batch_however_large_and_no_more_than_it_asks_for_beside_it()
    {
        for (var partition = 0; partition < 2; partition++)
            for (var i = 0; i < 3; i++)
                await _client.ProduceAsync(_topic, partition, TestBatch.Of(new string('x', 10_000)));

        var tight = await FetchAsync(0, 0, 100, (0, 0, 100), (1, 0, 100));
        Assert.Equal([1, 0], tight.Select(part => TestBatch.Decode(part.Records).Count));
        var roomy = await FetchAsync(0, 0, 35_000, (0, 0, 25_000), (1, 0, 25_000));
        Assert.Equal([2, 1], roomy.Select(part => TestBatch.Decode(part.Records).Count));
    }

    [Fact]
    public async Task An_offset_that_is_not_there_is_out_of_range_at_once()
    {
        var started = Stopwatch.GetTimestamp();

        var fetched = Assert.Single(await FetchAsync(30_000, 1, 1 << 20, (0, 5, 1 << 20)));

        Assert.Equal(KafkaError.OffsetOutOfRange, fetched.Error);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Records_of_many_megabytes_pass_through_in_one_piece()
    {
        var random = new Random(2);
        var text = string.Concat(Enumerable.Range(0, 9 << 20).Select(_ => (char)('a' + random.Next(26))));
        await _client.ProduceAsync(_topic, 0, TestBatch.Of(text));

        var fetched = Assert.Single(await FetchAsync(0, 0, 1 << 20, (0, 0, 1 << 20)));

        Assert.Equal("0=" + text, Assert.Single(TestBatch.Decode(fetched.Records)));
    }
}
