using System.Buffers.Binary;
using System.Net.Sockets;
using Batch.EmbeddedKafka;
using Batch.EmbeddedKafka.Protocol;

namespace Batch.Tests.EmbeddedKafka.Wire;

/// <summary>A connection that sends whatever a test makes up, byte for byte.</summary>
sealed class WireClient : IDisposable
{
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(20);

    readonly TcpClient _tcp = new() { NoDelay = true };
    int _correlation;

    public delegate void Write(KafkaWriter body);

    public static async Task<WireClient> ConnectAsync(string servers)
    {
        var client = new WireClient();
        var parts = servers.Split(':');
        await client._tcp.ConnectAsync(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)).WaitAsync(TestTimeout);
        return client;
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes) => await _tcp.GetStream().WriteAsync(bytes).AsTask().WaitAsync(TestTimeout);

    /// <returns>The request's correlation id.</returns>
    public async Task<int> SendAsync(ApiKey key, short version, bool flexible, Write body)
    {
        var correlation = ++_correlation;
        await SendRawAsync(Encode(key, version, flexible, correlation, body));
        return correlation;
    }

    /// <summary>A request with its length before it.</summary>
    public static byte[] Encode(ApiKey key, short version, bool flexible, int correlation, Write body)
    {
        using var head = new KafkaWriter(flexible: false);
        head.Int16((short)key);
        head.Int16(version);
        head.Int32(correlation);
        head.String("test");
        using var rest = new KafkaWriter(flexible);
        rest.Tags();
        body(rest);
        var frame = new byte[4 + head.Length + rest.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        head.Written.CopyTo(frame.AsMemory(4));
        rest.Written.CopyTo(frame.AsMemory(4 + (int)head.Length));
        return frame;
    }

    /// <summary>The next response, length and correlation id taken off; null where the broker has closed the connection.</summary>
    public async Task<(int Correlation, byte[] Body)?> ReceiveAsync()
    {
        var head = new byte[8];
        try
        {
            await _tcp.GetStream().ReadExactlyAsync(head).AsTask().WaitAsync(TestTimeout);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head) - 4];
            await _tcp.GetStream().ReadExactlyAsync(body).AsTask().WaitAsync(TestTimeout);
            return (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)), body);
        }
        catch (Exception exception) when (exception is EndOfStreamException or IOException)
        {
            return null;
        }
    }

    public async Task<byte[]> AskAsync(ApiKey key, short version, bool flexible, Write body)
    {
        var correlation = await SendAsync(key, version, flexible, body);
        var response = await ReceiveAsync() ?? throw new InvalidOperationException("The broker closed the connection.");
        Assert.Equal(correlation, response.Correlation);
        return response.Body;
    }

    public Task<byte[]> CreateTopicAsync(string topic, int partitions) => AskAsync(ApiKey.CreateTopics, 2, false, body =>
    {
        body.Array(1);
        body.String(topic);
        body.Int32(partitions);
        body.Int16(1);
        body.Array(0);
        body.Array(0);
        body.Int32(1000);
        body.Bool(false);
    });

    public static Write Produce(string topic, int partition, byte[] records, short acks = -1, string? transactionalId = null) => body =>
    {
        body.String(transactionalId);
        body.Int16(acks);
        body.Int32(1000);
        body.Array(1);
        body.String(topic);
        body.Array(1);
        body.Int32(partition);
        body.Bytes(records);
    };

    /// <summary>Produce v7 to one partition: its error and base offset.</summary>
    public async Task<(KafkaError Error, long Offset)> ProduceAsync(
        string topic, int partition, byte[] records, short acks = -1, string? transactionalId = null) =>
        ReadProduced(await AskAsync(ApiKey.Produce, 7, false, Produce(topic, partition, records, acks, transactionalId)));

    public static (KafkaError Error, long Offset) ReadProduced(byte[] response)
    {
        var reader = new KafkaReader(response, flexible: false);
        reader.ArrayLength();
        reader.String();
        reader.ArrayLength();
        reader.Int32();
        return ((KafkaError)reader.Int16(), reader.Int64());
    }

    public static Write Fetch(
        int maxWaitMs, int minBytes, int maxBytes, string topic, params (int Partition, long Offset, int MaxBytes)[] partitions) => body =>
    {
        body.Int32(-1);
        body.Int32(maxWaitMs);
        body.Int32(minBytes);
        body.Int32(maxBytes);
        body.Int8(0);
        body.Int32(0);
        body.Int32(-1);
        body.Array(1);
        body.String(topic);
        body.Array(partitions.Length);
        foreach (var (partition, offset, most) in partitions)
        {
            body.Int32(partition);
            body.Int32(-1);
            body.Int64(offset);
            body.Int64(-1);
            body.Int32(most);
        }
        body.Array(0);
        body.String("");
    };

    /// <summary>Fetch v11: of each partition its error, its end and its record batches.</summary>
    public static List<(int Partition, KafkaError Error, long End, byte[] Records)> ReadFetched(byte[] response)
    {
        var fetched = new List<(int, KafkaError, long, byte[])>();
        var reader = new KafkaReader(response, flexible: false);
        reader.Int32();
        Assert.Equal((short)KafkaError.None, reader.Int16());
        reader.Int32();
        for (var topics = reader.ArrayLength(); topics > 0; topics--)
        {
            reader.String();
            for (var partitions = reader.ArrayLength(); partitions > 0; partitions--)
            {
                var (index, error, end) = (reader.Int32(), (KafkaError)reader.Int16(), reader.Int64());
                reader.Int64();
                reader.Int64();
                reader.ArrayLength();
                reader.Int32();
                fetched.Add((index, error, end, reader.ByteArray()));
            }
        }
        return fetched;
    }

    public void Dispose() => _tcp.Dispose();
}
