using System.Collections.Concurrent;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Protocol;
using Batch.Tests.EmbeddedKafka.Wire;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>kill -9 of the broker while groups are at work.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class BrokerKilledTests(BrokerProcess broker) : IClassFixture<BrokerProcess>
{
    const string Topic = "killed";
    const int Partitions = 4;

    [Fact]
    public async Task No_acknowledged_commit_goes_back()
    {
        using (var client = await WireClient.ConnectAsync(broker.Servers))
            await client.CreateTopicAsync(Topic, Partitions);
        var sent = new ConcurrentDictionary<(string Group, int Partition), long>();
        var acknowledged = new ConcurrentDictionary<(string Group, int Partition), long>();
        var random = new Random(7);
        for (var round = 0; round < 5; round++)
        {
            var enough = new TaskCompletionSource();
            var count = 0;
            var wanted = random.Next(20, 200);
            // Two groups, each with a client a partition: commits that share a file and a flush.
            var clients = Enumerable.Range(0, 2 * Partitions).Select(async side =>
            {
                var place = ($"group-{side / Partitions}", side % Partitions);
                using var client = await WireClient.ConnectAsync(broker.Servers);
                while (true)
                {
                    var offset = sent.AddOrUpdate(place, 1, (_, last) => last + 1);
                    if (await CommitAsync(client, place.Item1, place.Item2, offset) is not { } error)
                        return;
                    Assert.Equal(KafkaError.None, error);
                    acknowledged[place] = offset;
                    if (Interlocked.Increment(ref count) >= wanted)
                        enough.TrySetResult();
                }
            }).ToArray();
            await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
            broker.Kill9();
            await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(60));
            await broker.RestartAsync();

            using var asking = await WireClient.ConnectAsync(broker.Servers);
            foreach (var (place, least) in acknowledged)
                Assert.InRange(await FetchAsync(asking, place.Group, place.Partition), least, sent[place]);
        }
        Assert.Equal(2 * Partitions, acknowledged.Count);
    }

    [Fact]
    public async Task Members_go_on_with_heartbeats_and_commits_without_a_rebalance()
    {
        string member;
        using (var client = await WireClient.ConnectAsync(broker.Servers))
        {
            await client.CreateTopicAsync(Topic, Partitions);
            member = await JoinAsync(client, "members");
            await SyncAsync(client, "members", member);
        }
        broker.Kill9();
        await broker.RestartAsync();
        using var again = await WireClient.ConnectAsync(broker.Servers);
        var heartbeat = await again.AskAsync(ApiKey.Heartbeat, 3, false, body =>
        {
            body.String("members");
            body.Int32(1);
            body.String(member);
            body.String("one");
        });
        Assert.Equal(KafkaError.None, ErrorAfterThrottle(heartbeat));
        Assert.Equal(KafkaError.None, await CommitAsync(again, "members", 0, 5, 1, member));
        Assert.Equal(KafkaError.IllegalGeneration, await CommitAsync(again, "members", 0, 5, 2, member));
    }

    static KafkaError ErrorAfterThrottle(byte[] response)
    {
        var reader = new KafkaReader(response, flexible: false);
        reader.Int32();
        return (KafkaError)reader.Int16();
    }

    static async Task<string> JoinAsync(WireClient client, string group)
    {
        var response = await client.AskAsync(ApiKey.JoinGroup, 5, false, body =>
        {
            body.String(group);
            body.Int32(30_000);
            body.Int32(30_000);
            body.String("");
            body.String("one");
            body.String("consumer");
            body.Array(1);
            body.String("range");
            body.Bytes(TestBroker.Subscription(Topic));
        });
        return ReadMember(response);
    }

    static string ReadMember(byte[] response)
    {
        var reader = new KafkaReader(response, flexible: false);
        reader.Int32();
        Assert.Equal(KafkaError.None, (KafkaError)reader.Int16());
        Assert.Equal(1, reader.Int32());
        reader.String();
        reader.String();
        return reader.String();
    }

    static async Task SyncAsync(WireClient client, string group, string member) =>
        Assert.Equal(KafkaError.None, ErrorAfterThrottle(await client.AskAsync(ApiKey.SyncGroup, 3, false, body =>
        {
            body.String(group);
            body.Int32(1);
            body.String(member);
            body.String("one");
            body.Array(1);
            body.String(member);
            body.Bytes([1]);
        })));

    /// <returns>Null: the broker is gone.</returns>
    static async Task<KafkaError?> CommitAsync(WireClient client, string group, int partition, long offset, int generation = -1, string member = "")
    {
        try
        {
            await client.SendAsync(ApiKey.OffsetCommit, 2, false, body =>
            {
                body.String(group);
                body.Int32(generation);
                body.String(member);
                body.Int64(-1);
                body.Array(1);
                body.String(Topic);
                body.Array(1);
                body.Int32(partition);
                body.Int64(offset);
                body.String("");
            });
        }
        catch (IOException)
        {
            return null;
        }
        return await client.ReceiveAsync() is { } response ? ReadCommitted(response.Body) : null;
    }

    static KafkaError ReadCommitted(byte[] response)
    {
        var reader = new KafkaReader(response, flexible: false);
        reader.ArrayLength();
        reader.String();
        reader.ArrayLength();
        reader.Int32();
        return (KafkaError)reader.Int16();
    }

    static async Task<long> FetchAsync(WireClient client, string group, int partition)
    {
        var response = await client.AskAsync(ApiKey.OffsetFetch, 1, false, body =>
        {
            body.String(group);
            body.Array(1);
            body.String(Topic);
            body.Array(1);
            body.Int32(partition);
        });
        return ReadFetched(response);
    }

    static long ReadFetched(byte[] response)
    {
        var reader = new KafkaReader(response, flexible: false);
        reader.ArrayLength();
        reader.String();
        reader.ArrayLength();
        reader.Int32();
        return reader.Int64();
    }
}
