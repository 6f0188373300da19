using System.Net;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>Asks a handler in one version and compares what it answers byte for byte.</summary>
sealed class Asked(TestBroker broker, ApiKey key, short version, short flexibleFrom)
{
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    public bool IsFlexible => version >= flexibleFrom;

    public ClientEncoder Response() => new(IsFlexible, isRequest: false);

    public async Task Answers(Func<ClientEncoder, ClientEncoder> request, Func<ClientEncoder, ClientEncoder> response) =>
        Assert.Equal(Convert.ToHexString(response(Response()).ToArray()), Convert.ToHexString(await ReadAsync(request)));

    public async Task<byte[]> ReadAsync(Func<ClientEncoder, ClientEncoder> request)
    {
        var handler = broker.Groups.Handlers.Single(each => each.Key == key);
        Assert.Equal(IsFlexible, handler.IsFlexible(version));
        using var response = new KafkaWriter(IsFlexible);
        var body = request(new ClientEncoder(IsFlexible)).ToArray();
        await handler.HandleAsync(
            new Request(key, version, 1, "client", body, IsFlexible, IPAddress.Loopback, CancellationToken.None), response).AsTask().WaitAsync(TestTimeout);
        return response.Written.ToArray();
    }
}
