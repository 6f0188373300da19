using System.Diagnostics;
using Batch.Primitives;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Exporter;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>Metrics for Prometheus always; metrics, traces and logs by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says where to.</summary>
static class OpenTelemetrySetup
{
    const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.NameService(builder.Environment.ApplicationName))
            .WithMetrics(metrics => metrics
                .AddMeter("Batch", "Batch.*")
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter(ShowOnlyFigures));

        // Without an exporter nobody would read the spans and log records that each chunk and request made.
        if (string.IsNullOrWhiteSpace(builder.Configuration[OtlpEndpoint]))
            return;
        telemetry
            .WithMetrics(metrics => metrics.AddOtlpExporter(ByItsOwnClient))
            .WithTracing(tracing => tracing
                .SetSampler(services => TraceSampling.Create(services.GetRequiredService<IConfiguration>()))
                .AddSource("Batch", "Batch.*")
                .AddAspNetCoreInstrumentation(DescribeRequests)
                .AddHttpClientInstrumentation(calls => calls.FilterHttpRequestMessage = _ => !IsWithinOurSpan(Activity.Current))
                .AddOtlpExporter(ByItsOwnClient))
            .WithLogging(logging => logging.AddOtlpExporter(ByItsOwnClient), logs => logs.IncludeFormattedMessage = logs.IncludeScopes = true);
    }

    /// <summary>
    /// Else the exporter takes one of <see cref="IHttpClientFactory"/>, which is gone when a stopping service sends its last spans, and whose
    /// retries and circuit breaker are not meant for it.
    /// </summary>
    static void ByItsOwnClient(OtlpExporterOptions otlp)
    {
        var own = otlp.HttpClientFactory;
        otlp.HttpClientFactory = () => own();
    }

    /// <summary>
    /// As <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> say, else after the application and its process: replicas share a name.
    /// </summary>
    static void NameService(this ResourceBuilder resource, string application) => resource
        .AddService(application, serviceVersion: ProductVersion.Text, serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}")
        .AddEnvironmentVariableDetector(); // once more, after the name: what comes later counts

    /// <summary>Where a page comes from is known to who asks for it, and each page is measured when it is asked for.</summary>
    static void ShowOnlyFigures(PrometheusAspNetCoreOptions page)
    {
        page.ScopeInfoEnabled = false;
        page.TargetInfoEnabled = false;
        page.ScrapeResponseCacheDurationMilliseconds = 0;
    }

    static void DescribeRequests(AspNetCoreTraceInstrumentationOptions requests)
    {
        requests.RecordException = true;
        requests.Filter = context => !DefaultServices.IsProbe(context.Request.Path);
        requests.EnrichWithHttpResponse = Describe;
    }

    static void Describe(Activity span, HttpResponse response)
    {
        // A group's root is "/jobs/" to the router and /jobs to everybody else.
        if (span.GetTagItem("http.route") is string { Length: > 1 } route && route.EndsWith('/'))
        {
            route = route.TrimEnd('/');
            span.SetTag("http.route", route);
            span.DisplayName = $"{response.HttpContext.Request.Method} {route}";
        }

        // An exception that was made an answer of is not one that the instrumentation sees.
        if (response.StatusCode >= StatusCodes.Status500InternalServerError
            && response.HttpContext.Features.Get<IExceptionHandlerFeature>()?.Error is { } fault)
        {
            span.SetStatus(ActivityStatusCode.Error, fault.Message);
            span.SetTag("error.type", fault.GetType().FullName);
            span.AddException(fault);
        }
    }

    /// <summary>The HTTP request within a span of ours (a query, an insert) tells nothing more than that span.</summary>
    static bool IsWithinOurSpan(Activity? request) => request?.Parent is { Kind: ActivityKind.Client, Source.Name: "Batch" };
}
