using System.Text.Json;
using System.Text.RegularExpressions;
using Batch.Core.Telemetry;
using Batch.Tests.Deployment;
using Batch.Tests.Telemetry;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>What the running system tells those who watch it: traces, logs, health, metrics.</summary>
[Collection("observed system")]
[Trait("Tier", "system")]
public sealed class ObservedSystemTests(ObservedSystem observed)
{
    [SkippableFact]
    public async Task One_trace_goes_from_the_command_line_to_each_insert_and_has_its_query_id()
    {
        var dashboard = observed.Dashboard;
        var trace = await dashboard.TraceOfAsync("submit mixed.csv", spans =>
            spans.Any(span => span.Name == "insert rejected_rows") && spans.Any(span => span.Name == "POST /jobs"));

        var data = $"insert data_{observed.Model.ModelId}";
        foreach (var insert in (string[])[data, "insert rejected_rows"])
        {
            Assert.Equal(
            [
                ("worker", insert), ("worker", "chunk batch.chunks.express"), ("api", "append batch.chunks.express"), ("api", "upload"),
                ("api", "POST /jobs"), ("cli", "POST"), ("cli", "submit mixed.csv"),
            ], PathToRoot(trace, insert));
            // The first: a worker that finds the engine young looks whether it was restarted, and repeats the insert under the same token.
            var attributes = trace.First(span => span.Name == insert).Attributes;
            Assert.Matches("^[0-9a-f]{32}$", attributes[BatchAttributes.QueryId]);
            Assert.Equal("clickhouse", attributes[BatchAttributes.DatabaseSystem]);
        }

        var chunk = trace.Single(span => span.Name == "chunk batch.chunks.express").Attributes;
        Assert.Equal(observed.Jobs["mixed.csv"].JobId, chunk[BatchAttributes.JobId]);
        Assert.Equal("20", chunk[BatchAttributes.ChunkRows]);
        Assert.Contains(trace, span => span.Name == "validate");
        Assert.Equal(trace.Count, trace.DistinctBy(span => span.Id).Count());
        // The HTTP request within a query would be every second line and tell nothing.
        Assert.Single(trace, span => span.Name == "POST");
    }

    [SkippableFact]
    public async Task One_trace_goes_through_API_and_both_workers_to_the_insert_of_each_chunk()
    {
        var insert = $"insert data_{observed.Model.ModelId}";
        var trace = await observed.Dashboard.TraceOfAsync("submit several chunks.csv", spans =>
            spans.Any(span => span.Name == "POST /jobs")
                && spans.Count(span => span.Name == insert) >= spans.Count(span => span.Name.StartsWith("append ", StringComparison.Ordinal)));

        var inserts = trace.Where(span => span.Name == insert).ToList();
        Assert.All(inserts, span => Assert.Matches("^[0-9a-f]{32}$", span.Attributes[BatchAttributes.QueryId]));
        Assert.Equal(2, inserts.Select(span => span.Instance).Distinct().Count());
        Assert.All(inserts, span => Assert.Equal("worker", span.Service));
    }

    [SkippableFact]
    public void A_healthy_run_logs_start_and_the_end_of_each_job_and_nothing_else()
    {
        var logs = observed.HealthyLogs;
        // The file without a good row is worth a warning; nothing else is.
        var warning = Assert.Single(logs, log => log.Severity != "Information");
        Assert.Contains($"Job {observed.Jobs["bad.csv"].JobId} of tenant_a failed with NO_GOOD_ROWS", warning.Body);
        Assert.Subset(
            // The log says at its first start that it has made its topics.
            new HashSet<string>
            {
                "Microsoft.Hosting.Lifetime", "Batch.Api.Hosting.StoreStartup", "Batch.Core.Jobs.Monitoring.JobMonitor",
                "Batch.Core.Log.KafkaLog"
            },
            logs.Select(log => log.Category).ToHashSet());
        Assert.Subset(new HashSet<string> { "api", "worker" }, logs.Select(log => log.Service).ToHashSet());

        var ends = logs.Where(log => log.Category == "Batch.Core.Jobs.Monitoring.JobMonitor" && log != warning).ToList();
        Assert.Equal(observed.Jobs.Count, ends.Count);
        Assert.All(observed.Jobs.Values, job => Assert.Contains(ends, log => log.Body.Contains($"Job {job.JobId} ", StringComparison.Ordinal)));
        // Correlated: each belongs to a span.
        Assert.All(ends, log => Assert.Matches("^[0-9a-f]{32}$", log.Trace));
        // The terminal shows the start and the banner; the rest is in the dashboard.
        Assert.Equal(0, Regex.Count(observed.HealthyOutput, @"(?m)^\s*(info|warn|fail|crit): "));
    }

    [SkippableFact]
    public async Task Health_names_log_and_ClickHouse_and_says_which_one_is_down()
    {
        foreach (var report in await observed.HealthAsync())
        {
            var healthy = JsonDocument.Parse(report).RootElement;
            Assert.Equal("healthy", healthy.GetProperty("status").GetString());
            // "workers" is the API's: whether somebody takes the chunks.
            Assert.Equal(
                ["clickhouse", "log", "self"],
                healthy.GetProperty("checks").EnumerateObject().Select(check => check.Name).Where(name => name != "workers"));
        }

        foreach (var report in await observed.TroubleAsync())
        {
            var checks = JsonDocument.Parse(report).RootElement.GetProperty("checks");
            Assert.Contains("\"status\":\"degraded\"", report);
            Assert.Equal("degraded", checks.GetProperty("clickhouse").GetProperty("status").GetString());
            Assert.NotEmpty(checks.GetProperty("clickhouse").GetProperty("reason").GetString()!);
            Assert.Equal("healthy", checks.GetProperty("log").GetProperty("status").GetString());
        }
    }

    [Fact]
    public async Task The_metrics_pages_of_API_and_workers_have_exactly_the_metrics_that_dashboards_and_alerts_are_written_against()
    {
        await observed.TroubleOnceAsync();
        var pages = await Task.WhenAll(observed.System.WorkerAddresses.Append(observed.System.ApiAddress).Select(async address =>
            ExpositionParser.Parse(await observed.System.Http.GetByteArrayAsync(new Uri(address, "/metrics")))));
        // A damaged log is the one thing that does not happen here.
        Assert.Equal(
            DocumentedMetrics.Table.Where(metric => metric.Name != "batch_log_damaged_total").Select(DocumentedMetrics.Describe).Order(StringComparer.Ordinal),
            DocumentedMetrics.On(pages).Select(DocumentedMetrics.Describe).Order(StringComparer.Ordinal));
        var samples = pages.SelectMany(page => page.Values).SelectMany(family => family.Samples).ToList();
        Assert.Equal(0, pages.SelectMany(page => page.Values).Where(family => family.Name == "batch_jobs_conservation_breaches_total")
            .SelectMany(family => family.Samples).Sum(sample => sample.Value));
        // No id is a label: labels must stay few.
        Assert.DoesNotContain(samples.SelectMany(sample => sample.Labels.Values), value => Regex.IsMatch(value, "[0-9a-f]{32}"));
    }

    [SkippableFact]
    public async Task Every_query_of_the_Grafana_dashboard_and_every_alert_is_answered_from_the_running_system()
    {
        Tool.Require(PrometheusServer.Program);
        await using var prometheus = await PrometheusServer.StartAsync(observed.System.ApiAddress, observed.System.WorkerAddresses);
        // A rate needs two scrapes with something between them, and the series has to be there by the first.
        await observed.TroubleOnceAsync();
        await prometheus.ScrapesAsync(DateTimeOffset.UtcNow);
        await observed.TroubleAsync();

        var silent = MonitoringTests.Queries().ToList();
        for (var deadline = DateTime.UtcNow.AddSeconds(15); silent.Count > 0 && DateTime.UtcNow < deadline; await Task.Delay(500))
        {
            foreach (var query in silent.ToList())
            {
                if (await prometheus.HasAnswerAsync(query.Query))
                    silent.Remove(query);
            }
        }

        Assert.Empty(silent.Select(query => $"{query.Panel}: {query.Query}"));

        // None asks what cannot be answered, and what has not happened fires nothing (ClickHouse was killed, and a file was all bad).
        foreach (var (name, query) in MonitoringTests.Alerts())
        {
            // What was so when ClickHouse died is seen until the next scrape.
            var fires = await prometheus.HasAnswerAsync(query);
            for (var look = 0; fires && look < 30 && name == "BatchChunksWaiting"; look++)
            {
                await Task.Delay(1_000);
                fires = await prometheus.HasAnswerAsync(query);
            }
            Assert.True(!fires || name is "BatchDependencyDown" or "BatchClickHouseErrors" or "BatchRejectsMostRows", $"{name} fires: {query}");
        }
    }

    static IEnumerable<(string Service, string Name)> PathToRoot(IReadOnlyList<AspireTelemetry.Span> trace, string from)
    {
        for (var span = trace.FirstOrDefault(span => span.Name == from); span is not null; span = trace.SingleOrDefault(other => other.Id == span.Parent))
            yield return (span.Service, span.Name);
    }
}
