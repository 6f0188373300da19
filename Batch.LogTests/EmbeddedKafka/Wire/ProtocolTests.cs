using System.Buffers.Binary;
using System.Text;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Protocol;

namespace Batch.Tests.EmbeddedKafka.Wire;

/// <summary>What the broker makes of bytes, well-formed and not.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ProtocolTests(BrokerProcess broker) : IClassFixture<BrokerProcess>
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST /jobs HTTP/1.1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002 a TLS greeting")]
    public async Task What_is_not_Kafkas_is_cut_off(string greeting)
    {
        using var client = await WireClient.ConnectAsync(broker.Servers);

        await client.SendRawAsync(Encoding.Latin1.GetBytes(greeting));

        Assert.Null(await client.ReceiveAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData((100 << 20) + 1)]
    [InlineData(int.MaxValue)]
    public async Task A_length_that_no_request_has_is_cut_off(int length)
    {
        using var client = await WireClient.ConnectAsync(broker.Servers);
        var bytes = new byte[64];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);

        await client.SendRawAsync(bytes);

        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task A_request_that_is_unknown_or_too_new_is_cut_off()
    {
        using (var client = await WireClient.ConnectAsync(broker.Servers))
        {
            await client.SendAsync((ApiKey)999, 0, false, _ => { });
            Assert.Null(await client.ReceiveAsync());
        }
        using (var client = await WireClient.ConnectAsync(broker.Servers))
        {
            await client.SendAsync(ApiKey.Metadata, 99, true, _ => { });
            Assert.Null(await client.ReceiveAsync());
        }
    }

    [Fact]
    public async Task A_client_that_is_newer_than_the_broker_is_told_which_versions_there_are()
    {
        using var client = await WireClient.ConnectAsync(broker.Servers);

        var versions = ReadVersions(await client.AskAsync(ApiKey.ApiVersions, 99, false, _ => { }), out var error);

        Assert.Equal(KafkaError.UnsupportedVersion, error);
        Assert.Equal(((short)0, (short)11), versions[ApiKey.Produce]);
    }

    [Fact]
    public async Task Every_request_that_is_announced_is_answered()
    {
        using var client = await WireClient.ConnectAsync(broker.Servers);

        var versions = ReadVersions(await client.AskAsync(ApiKey.ApiVersions, 0, false, _ => { }), out var error);

        Assert.Equal(KafkaError.None, error);
        Assert.Equal(Enum.GetValues<ApiKey>().Order(), versions.Keys.Order());
        Assert.All(versions.Values, range => Assert.True(range.Least <= range.Most));
    }

    static Dictionary<ApiKey, (short Least, short Most)> ReadVersions(byte[] response, out KafkaError error)
    {
        var reader = new KafkaReader(response, flexible: false);
        error = (KafkaError)reader.Int16();
        var versions = new Dictionary<ApiKey, (short, short)>();
        for (var count = reader.ArrayLength(); count > 0; count--)
            versions.Add((ApiKey)reader.Int16(), (reader.Int16(), reader.Int16()));
        return versions;
    }

    [Fact]
    public async Task An_array_that_claims_more_than_there_is_is_cut_off_and_not_allocated()
    {
        using var client = await WireClient.ConnectAsync(broker.Servers);

        await client.SendAsync(ApiKey.Metadata, 1, false, body => body.Array(900_000_000));

        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task Requests_that_were_changed_at_random_cut_off_a_connection_at_most()
    {
        var topic = "mutated-" + Guid.NewGuid().ToString("N");
        using (var client = await WireClient.ConnectAsync(broker.Servers))
            await client.CreateTopicAsync(topic, 2);
        var random = new Random(1);
        var produce = WireClient.Encode(ApiKey.Produce, 7, false, 1, WireClient.Produce(topic, 0, Storage.TestBatch.Of("a", "b")));
        var fetch = WireClient.Encode(ApiKey.Fetch, 11, false, 1, WireClient.Fetch(0, 0, 1000, topic, (0, 0, 1000), (1, 0, 1000)));
        byte[][] samples = [produce, fetch];
        for (var i = 0; i < 400; i++)
        {
            var bytes = samples[i % samples.Length].ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            // Any announced request, in any version, with a body that was made for another.
            if (random.Next(3) == 0)
                BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(4), (short)random.Next(0, 62));
            if (random.Next(3) == 0)
                BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(6), (short)random.Next(0, 18));
            using var client = await WireClient.ConnectAsync(broker.Servers);
            await client.SendRawAsync(bytes);
        }

        using var after = await WireClient.ConnectAsync(broker.Servers);
        Assert.Equal(KafkaError.None, (await after.ProduceAsync(topic, 1, Storage.TestBatch.Of("sound"))).Error);
        Assert.DoesNotContain("Exception", broker.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Responses_come_in_the_order_of_their_requests()
    {
        using var client = await WireClient.ConnectAsync(broker.Servers);
        var topic = "ordered-" + Guid.NewGuid().ToString("N");
        await client.CreateTopicAsync(topic, 3);
        var sent = new List<int>();
        for (var i = 0; i < 60; i++)
            sent.Add(i % 7 == 6
                ? await client.SendAsync(ApiKey.Fetch, 11, false, WireClient.Fetch(5, 1, 1000, topic, (i % 3, 0, 1000)))
                : await client.SendAsync(ApiKey.Produce, 7, false, WireClient.Produce(topic, i % 3, Storage.TestBatch.Of($"{i}"))));

        foreach (var correlation in sent)
            Assert.Equal(correlation, (await client.ReceiveAsync())!.Value.Correlation);

        var fetched = WireClient.ReadFetched(await client.AskAsync(ApiKey.Fetch, 11, false,
            WireClient.Fetch(0, 0, 1 << 20, topic, (0, 0, 1 << 20), (1, 0, 1 << 20), (2, 0, 1 << 20))));
        foreach (var (partition, _, _, records) in fetched)
        {
            var values = Storage.TestBatch.Decode(records)
                .ConvertAll(record => int.Parse(record.Split('=')[1], System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(Enumerable.Range(0, 60).Where(i => i % 7 != 6 && i % 3 == partition), values);
        }
    }
}
