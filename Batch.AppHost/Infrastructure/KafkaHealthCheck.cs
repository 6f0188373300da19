using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.AppHost;

/// <summary>Healthy when the broker on this port answers a request of Kafka's protocol.</summary>
/// <remarks>An open port is not enough: a broker opens it before it has read its log.</remarks>
sealed class KafkaHealthCheck(int port) : IHealthCheck
{
    // Length 10, ApiVersions (18), version 0, correlation id 7, no client id: the one request that every broker answers at once.
    static readonly byte[] ApiVersions = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xFF, 0xFF];
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(GiveUpAfter);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, limit.Token);
            await client.GetStream().WriteAsync(ApiVersions, limit.Token);
            // Length, correlation id, error code.
            var answer = new byte[10];
            await client.GetStream().ReadExactlyAsync(answer, limit.Token);
            return BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4)) == 7
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"The server on port {port} does not speak Kafka's protocol.");
        }
        catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return HealthCheckResult.Unhealthy($"No broker answers on port {port}.", exception);
        }
    }
}

/// <summary>Adds the check to a resource.</summary>
static class KafkaHealthCheckHosting
{
    public static IResourceBuilder<T> WithKafkaHealthCheck<T>(this IResourceBuilder<T> resource, int port) where T : IResource
    {
        var key = $"{resource.Resource.Name}_kafka";
        resource.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(key, new KafkaHealthCheck(port), null, null));
        return resource.WithHealthCheck(key);
    }
}
