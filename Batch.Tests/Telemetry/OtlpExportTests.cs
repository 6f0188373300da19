using Batch.Core.Telemetry;
using Batch.Primitives;
using Batch.ServiceDefaults.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Telemetry;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class OtlpExportTests
{
    [Fact]
    public async Task Spans_metrics_and_logs_arrive_at_the_collector_under_the_configured_name()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await StartAsync(collector, ("OTEL_SERVICE_NAME", "api-under-test"), ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=lab%20one"));
        await service.Http.GetStringAsync("/work-here");
        JobMetrics.Created();
        await service.DisposeAsync();

        var request = Assert.Single(collector.Spans, span => span.Name == "GET /work-here");
        Assert.Contains("api-under-test", request.Service);
        Assert.Contains("lab one", request.Service);
        Assert.Contains("service.version", request.Service);
        Assert.Contains(ProductVersion.Text, request.Service);
        Assert.Contains(collector.Metrics, body => body.Contains("batch.jobs.created") && body.Contains("api-under-test"));
        Assert.Contains(collector.Metrics, body => body.Contains("http.server.request.duration"));
        Assert.Contains(collector.Logs, body => body.Contains("Working on it") && body.Contains("api-under-test"));
    }

    [Fact]
    public async Task One_trace_goes_from_the_callers_request_to_the_call_to_a_dependency()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await StartAsync(collector);
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        using var request = new HttpRequestMessage(HttpMethod.Get, "/calls-out");
        // Not sampled: a client without telemetry of its own says so, and must not switch ours off.
        request.Headers.Add("traceparent", $"00-{trace}-b7ad6b7169203331-00");
        using var response = await service.Http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        await service.DisposeAsync();

        var spans = collector.Spans.Where(span => span.TraceId == trace).ToDictionary(span => span.Name);
        Assert.Equal("b7ad6b7169203331", spans["GET /calls-out"].ParentId);
        Assert.Equal(spans["GET /calls-out"].SpanId, spans["upload"].ParentId);
        Assert.Equal(spans["upload"].SpanId, spans["GET"].ParentId);
        Assert.Equal(spans["GET"].SpanId, spans["GET /work-here"].ParentId);
    }

    [Fact]
    public async Task Request_span_is_named_after_its_route_and_not_after_its_path()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await StartAsync(collector);
        (await service.Http.GetAsync("/jobs/8f14e45fceea167a")).Dispose();
        (await service.Http.GetAsync("/nobody-maps-this")).Dispose();
        await service.DisposeAsync();
        Assert.Contains(collector.Spans, span => span.Name == "GET /jobs/{jobId}");
        Assert.Contains(collector.Spans, span => span.Name == "GET");
    }

    [Fact]
    public async Task Polls_begin_no_traces()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await StartAsync(collector);
        var queryId = Guid.NewGuid().ToString("N");
        BatchSpans.StartQuery("poll" + queryId, queryId)?.Dispose();
        using (BatchTelemetry.Source.StartActivity("asked for " + queryId))
            BatchSpans.StartQuery("needed" + queryId, queryId)?.Dispose();
        await service.DisposeAsync();
        Assert.Contains(collector.Spans, span => span.Name == "query needed" + queryId);
        Assert.DoesNotContain(collector.Spans, span => span.Name == "query poll" + queryId);
    }

    [Fact]
    public async Task Probes_leave_no_trace_and_neither_does_what_they_call()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await ServiceProcess.StartAsync(
            builder => builder.Services.AddHealthChecks().AddDependency("clickhouse", (_, _) =>
            {
                BatchSpans.StartQuery("probed", Guid.NewGuid().ToString("n"))?.Dispose();
                return Task.CompletedTask;
            }),
            app => app.MapGet("/traced-here", () => "ok"), collector.Settings);
        foreach (var path in (string[])["/health", "/alive", "/metrics", "/traced-here"])
            await service.Http.GetStringAsync(path);
        await service.DisposeAsync();
        Assert.Equal("GET /traced-here", Assert.Single(collector.Spans).Name);
    }

    [Fact]
    public async Task The_request_within_a_query_is_not_a_span_of_its_own()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await ServiceProcess.StartAsync(
            map: app => app.MapGet("/asks", async (HttpContext context, IHttpClientFactory clients) =>
            {
                using var query = BatchSpans.StartQuery("data", Guid.NewGuid().ToString("n"));
                return await clients.CreateClient().GetStringAsync($"http://{context.Request.Host}/alive");
            }),
            settings: collector.Settings);
        await service.Http.GetStringAsync("/asks");
        await service.DisposeAsync();
        Assert.Equal(["GET /asks", "query data"], collector.Spans.Select(span => span.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Span_of_a_request_that_failed_says_what_it_failed_of()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await ServiceProcess.StartAsync(
            builder => builder.Services.AddProblemDetails(),
            app =>
            {
                app.UseExceptionHandler();
                app.MapGroup("/fails").MapGet("", string () => throw new InvalidDataException("as it should"));
            },
            collector.Settings);
        Assert.Equal(System.Net.HttpStatusCode.InternalServerError, (await service.Http.GetAsync("/fails")).StatusCode);
        await service.DisposeAsync();
        var span = Assert.Single(collector.Spans);
        Assert.Equal(("GET /fails", "System.IO.InvalidDataException"), (span.Name, span.Attributes["error.type"]));
    }

    [Theory]
    [InlineData("always_off", null, 0)]
    [InlineData("traceidratio", "0", 0)]
    [InlineData("traceidratio", "1", 20)]
    [InlineData("always_on", null, 20)]
    public async Task Share_of_traces_is_the_one_that_the_environment_asks_for(string sampler, string? argument, int traces)
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await StartAsync(collector, ("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", argument ?? ""));
        for (var i = 0; i < 20; i++)
            await service.Http.GetStringAsync("/work-here");
        await service.DisposeAsync();
        Assert.Equal(traces, collector.Spans.Count);
    }

    [Fact]
    public async Task Service_without_a_name_in_the_environment_is_named_after_its_program()
    {
        await using var collector = await OtlpCollector.StartAsync();
        var service = await StartAsync(collector);
        await service.Http.GetStringAsync("/work-here");
        var program = service.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostEnvironment>().ApplicationName;
        await service.DisposeAsync();
        Assert.Contains(program, Assert.Single(collector.Spans).Service, StringComparison.Ordinal);
        Assert.Contains($"{Environment.MachineName}-{Environment.ProcessId}", Assert.Single(collector.Spans).Service, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Collector_that_is_down_neither_stops_a_service_nor_holds_up_its_end()
    {
        var service = await ServiceProcess.StartAsync(map: app => app.MapGet("/", () => "ok"), settings:
            [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]);
        Assert.Equal("ok", await service.Http.GetStringAsync("/"));
        await service.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(15));
    }

    static Task<ServiceProcess> StartAsync(OtlpCollector collector, params (string Key, string Value)[] settings) => ServiceProcess.StartAsync(
        map: app =>
        {
            app.MapGet("/work-here", (ILogger<OtlpExportTests> logger) =>
            {
                logger.LogInformation("Working on it.");
                return "done";
            });
            app.MapGet("/jobs/{jobId}", (string jobId) => jobId);
            app.MapGet("/calls-out", async (HttpContext context, IHttpClientFactory clients) =>
            {
                using var upload = BatchSpans.StartUpload("tenant_a", "model", "job");
                return await clients.CreateClient().GetStringAsync($"http://{context.Request.Host}/work-here");
            });
        },
        settings: [.. collector.Settings, .. settings]);
}
