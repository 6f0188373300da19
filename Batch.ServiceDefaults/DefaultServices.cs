using Batch.ServiceDefaults.Health;
using Batch.ServiceDefaults.Hosting;
using Batch.ServiceDefaults.Http;
using Batch.ServiceDefaults.Sockets;
using Batch.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Batch.ServiceDefaults;

/// <summary>What every Batch service has: telemetry, health, service discovery, HTTP clients that retry what may be retried.</summary>
public static class DefaultServices
{
    static readonly PathString Health = "/health", Alive = "/alive", Metrics = "/metrics";

    /// <summary>Adds all of it.</summary>
    /// <remarks>Settings are those of Aspire and OpenTelemetry: <c>OTEL_*</c>, <c>services:NAME:scheme:n</c>, <c>Logging:LogLevel</c>.</remarks>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        // The one clock: whatever waits or looks at the time takes it, so that a test can move it.
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.AddQuietLogging();
        builder.Logging.AddStartupLogging();
        builder.AddTelemetry();
        builder.AddHealth();
        builder.Services.AddHttpClientDefaults();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlockFactory>();
        return builder;
    }

    /// <summary>The routes every Batch service answers: <c>/health</c>, <c>/alive</c>, <c>/metrics</c>.</summary>
    /// <remarks>They ask for no API key, leave no trace and are not counted as requests: whoever watches a service should not be its load.</remarks>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        // Every dependency by name. Degraded is 200: the service answers, and says which part of it does not.
        app.MapHealthChecks(Health, new HealthCheckOptions { ResponseWriter = HealthReportWriter.WriteAsync }).AsProbe();

        // The process is up and its thread pool moves; asks nobody else, so that an orchestrator never restarts a service for the fault of another.
        app.MapHealthChecks(Alive, new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(DependencyHealth.LiveTag),
            ResponseWriter = HealthReportWriter.WriteAsync,
        }).AsProbe();

        app.MapPrometheusScrapingEndpoint(Metrics).AsProbe();
        return app;
    }

    internal static bool IsProbe(PathString path) => path == Health || path == Alive || path == Metrics;

    static void AsProbe<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.AllowAnonymous().DisableHttpMetrics().ExcludeFromDescription();
}
