using Batch.ServiceDefaults.Health;
using Batch.ServiceDefaults.Prometheus;
using Batch.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.ServiceDefaults;

/// <summary>The routes every Batch service answers: <c>/health</c>, <c>/alive</c>, <c>/metrics</c>.</summary>
/// <remarks>They ask for no API key, leave no trace and are not counted as requests: whoever watches a service should not be its load.</remarks>
public static class DefaultEndpoints
{
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        // Every dependency by name. Degraded is 200: the service answers, and says which part of it does not.
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = HealthReportWriter.WriteAsync }).AsProbe();

        // The process is up and its thread pool moves; asks nobody else, so that an orchestrator never restarts a service for the fault of another.
        app.MapHealthChecks("/alive", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(DependencyHealth.LiveTag),
            ResponseWriter = HealthReportWriter.WriteAsync,
        }).AsProbe();

        app.MapGet("/metrics", WriteMetricsAsync).ExcludeFromDescription().AsProbe();
        return app;
    }

    static async Task WriteMetricsAsync(HttpContext context)
    {
        context.Response.ContentType = PrometheusExporter.ContentType;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(PrometheusExporter.Shared.Collect(), context.RequestAborted);
    }

    static void AsProbe<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.AllowAnonymous().DisableHttpMetrics().WithMetadata(new ProbeListener.Probe()).WithoutTrace();
}
