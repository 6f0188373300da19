using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.Telemetry;

/// <summary>What Batch relies on in the page that the exporter writes.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class MetricsPageTests : IAsyncLifetime
{
    ServiceProcess _service = null!;
    Meter _meter = null!;

    public async Task InitializeAsync()
    {
        _service = await ServiceProcess.StartAsync();
        _meter = _service.Services.GetRequiredService<IMeterFactory>().Create("Batch.Tests");
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Labels_are_those_of_the_measurement_and_none_of_the_exporters_own()
    {
        _meter.CreateCounter<long>("hits").Add(1, new KeyValuePair<string, object?>("route", "/"));
        var page = await _service.MetricsAsync();
        Assert.Equal("route", Assert.Single(Assert.Single(page["hits_total"].Samples).Labels).Key);
        Assert.DoesNotContain("target_info", page.Keys);
    }

    // Dashboards and alerts ask for the names with underscores, whatever the server that scrapes could read.
    [Theory]
    [InlineData("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2")]
    [InlineData("text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3")]
    [InlineData("text/plain;version=0.0.4")]
    public async Task Names_are_the_same_in_every_format_that_Prometheus_asks_for(string accept)
    {
        _meter.CreateCounter<long>("hits.seen", "By").Add(3);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await _service.Http.SendAsync(request);
        var page = await response.Content.ReadAsStringAsync();
        Assert.True(page.Split('\n').Any(line => line is "hits_seen_bytes_total{} 3" or "hits_seen_bytes_total{} 3.0"), page);
    }

    [Fact]
    public async Task Label_values_with_quotes_backslashes_and_line_feeds_come_back_as_they_were()
    {
        const string nasty = "a \"b\" \\ c\nd é ✓";
        _meter.CreateCounter<long>("nasty", description: "Back\\slash\nline \"quoted\"").Add(1, new KeyValuePair<string, object?>("label", nasty));
        Assert.Equal(nasty, Assert.Single((await _service.MetricsAsync())["nasty_total"].Samples).Labels["label"]);
    }

    // The alert BatchMetricsOverflow asks for this label.
    [Fact]
    public async Task Series_beyond_what_a_metric_may_have_are_added_up_under_one_label()
    {
        const int users = 5000;
        var counter = _meter.CreateCounter<long>("users");
        for (var i = 0; i < users; i++)
            counter.Add(1, new KeyValuePair<string, object?>("user", i));
        var samples = (await _service.MetricsAsync())["users_total"].Samples;
        Assert.InRange(samples.Count, 100, 2100);
        Assert.Equal(users, samples.Sum(sample => sample.Value));
        Assert.Single(samples, sample => sample.Labels.GetValueOrDefault("otel_metric_overflow") == "true");
    }

    // A partition that has moved to another worker has no lag here any more.
    [Fact]
    public async Task Observed_series_that_went_away_are_not_shown()
    {
        var partition = 0;
        _meter.CreateObservableGauge("lag", () => new Measurement<long>(partition, new KeyValuePair<string, object?>("partition", partition)));
        for (partition = 0; partition < 5; partition++)
            Assert.Equal($"{partition}", Assert.Single((await _service.MetricsAsync())["lag"].Samples).Labels["partition"]);
    }

    [Fact]
    public async Task Instrument_that_throws_hides_no_other()
    {
        _meter.CreateObservableGauge("broken", long () => throw new InvalidOperationException("no"));
        _meter.CreateObservableGauge("sound", () => 1L);
        Assert.Equal(1, Assert.Single((await _service.MetricsAsync())["sound"].Samples).Value);
    }

    // The Grafana dashboard asks for these beside Batch's own.
    [Fact]
    public async Task Runtime_and_server_are_measured_too()
    {
        (await _service.Http.GetAsync("/nobody-maps-this")).Dispose();
        var page = await _service.MetricsAsync();
        foreach (var name in (string[])
        [
            "dotnet_process_memory_working_set_bytes", "dotnet_process_cpu_time_seconds_total", "http_server_request_duration_seconds"
        ])
            Assert.Contains(name, page);
    }
}
