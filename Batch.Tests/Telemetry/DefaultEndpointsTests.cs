using System.Net;
using System.Text.Json;
using Batch.ServiceDefaults.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Telemetry;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class DefaultEndpointsTests
{
    [Fact]
    public async Task Health_names_every_dependency_its_state_and_why()
    {
        await using var service = await ServiceProcess.StartAsync(builder => builder.Services.AddHealthChecks()
            .AddDependency("log", (_, _) => throw new IOException("Connection refused (localhost:9092)"))
            .AddDependency("clickhouse", (_, _) => Task.CompletedTask));
        using var response = await service.Http.GetAsync("/health");
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("degraded", body.GetProperty("status").GetString());
        var log = body.GetProperty("checks").GetProperty("log");
        Assert.Equal(("degraded", "Connection refused (localhost:9092)"), (log.GetProperty("status").GetString(), log.GetProperty("reason").GetString()));
        Assert.Equal("healthy", body.GetProperty("checks").GetProperty("clickhouse").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Health_is_503_only_where_a_required_dependency_is_down()
    {
        await using var service = await ServiceProcess.StartAsync(builder => builder.Services.AddHealthChecks()
            .AddDependency("store", (_, _) => throw new IOException("gone"), required: true));
        using var response = await service.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("\"status\":\"unhealthy\"", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Dependency_that_hangs_is_given_up_on_in_time()
    {
        await using var service = await ServiceProcess.StartAsync(builder => builder.Services.AddHealthChecks()
            .AddDependency("polite", (_, token) => Task.Delay(Timeout.Infinite, token), TimeSpan.FromMilliseconds(50))
            .AddDependency("deaf", (_, _) => new TaskCompletionSource().Task, TimeSpan.FromMilliseconds(50)));
        var body = await service.Http.GetStringAsync("/health");
        Assert.Equal(2, body.Split("No answer within 0.05 s.").Length - 1);
    }

    [Fact]
    public async Task Alive_does_not_ask_dependencies()
    {
        var asked = 0;
        await using var service = await ServiceProcess.StartAsync(builder => builder.Services.AddHealthChecks()
            .AddDependency("log", (_, _) =>
            {
                Interlocked.Increment(ref asked);
                throw new IOException("down");
            }));
        using var response = await service.Http.GetAsync("/alive");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("log", await response.Content.ReadAsStringAsync());
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Metrics_show_requests_but_neither_scrapes_nor_probes()
    {
        await using var service = await ServiceProcess.StartAsync(map: app => app.MapGet("/jobs-of-this-test", () => "ok"));
        await service.Http.GetStringAsync("/jobs-of-this-test");
        await service.Http.GetStringAsync("/health");
        await service.Http.GetStringAsync("/metrics");
        using var response = await service.Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var requests = ExpositionParser.Parse(await response.Content.ReadAsByteArrayAsync())["http_server_request_duration_seconds"];
        Assert.Contains(requests.Samples, sample => sample.Labels.GetValueOrDefault("http_route") == "/jobs-of-this-test");
        Assert.DoesNotContain(requests.Samples, sample => sample.Labels.GetValueOrDefault("http_route") is "/metrics" or "/health" or "/alive");
    }

    [Fact]
    public async Task Dependency_that_goes_down_is_a_gauge_to_alert_on()
    {
        var name = "dependency-" + Guid.NewGuid().ToString("N");
        await using var service = await ServiceProcess.StartAsync(builder =>
        {
            builder.Services.AddHealthChecks().AddDependency(name, (_, _) => throw new IOException("down"));
            builder.Services.Configure<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.Zero);
        });
        for (var attempt = 0; ; attempt++)
        {
            var page = await service.MetricsAsync();
            if (page.TryGetValue("batch_dependency_up", out var up) && up.Samples.Find(sample => sample.Labels["dependency"] == name) is { } sample)
            {
                Assert.Equal(0, sample.Value);
                return;
            }

            Assert.True(attempt < 100, "The gauge never appeared.");
            await Task.Delay(100);
        }
    }
}
