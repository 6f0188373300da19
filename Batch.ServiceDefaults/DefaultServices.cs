using Batch.ServiceDefaults.Discovery;
using Batch.ServiceDefaults.Health;
using Batch.ServiceDefaults.Hosting;
using Batch.ServiceDefaults.Prometheus;
using Batch.ServiceDefaults.Resilience;
using Batch.ServiceDefaults.Sockets;
using Batch.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Batch.ServiceDefaults;

/// <summary>What every Batch service has: telemetry, health, service discovery, HTTP clients that stand a bad moment.</summary>
public static class DefaultServices
{
    /// <summary>Adds all of it; a second call on the same builder does nothing.</summary>
    /// <remarks>Settings are those of Aspire and OpenTelemetry: <c>OTEL_*</c>, <c>services:NAME:scheme:n</c>, <c>Logging:LogLevel</c>.</remarks>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(AddedOnce)))
            return builder;
        builder.Services.AddSingleton<AddedOnce>();

        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlockFactory>();
        builder.AddQuietLogging();
        builder.Logging.AddStartupLogging();
        builder.AddTelemetry();
        builder.AddHealth();
        builder.Services.AddServiceDiscovery();
        builder.Services.AddResilience();
        // Resilience outside, discovery inside: a retry resolves again, and so may reach another instance.
        builder.Services.ConfigureHttpClientDefaults(client => client
            .AddHttpMessageHandler(services => services.GetRequiredService<ResiliencePipelines>().CreateHandler())
            .AddHttpMessageHandler(services => services.GetRequiredService<ServiceEndpoints>().CreateHandler()));
        PrometheusExporter.Shared.Start();
        return builder;
    }

    sealed class AddedOnce;
}
