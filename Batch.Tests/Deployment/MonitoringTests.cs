using System.Text.Json;
using System.Text.RegularExpressions;
using Batch.Tests.Telemetry;

namespace Batch.Tests.Deployment;

/// <summary>Alerts and dashboard ask for metrics that exist, in a language that Prometheus understands.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class MonitoringTests
{
    static readonly string Prometheus = Repository.File("deploy", "prometheus");

    /// <summary>Each query of a panel, with Grafana's variables filled in.</summary>
    internal static IEnumerable<(string Panel, string Query)> Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Repository.File("deploy", "grafana", "dashboards", "batch.json")));
        foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            if (!panel.TryGetProperty("targets", out var targets))
                continue;
            foreach (var target in targets.EnumerateArray())
            {
                yield return (panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!
                    .Replace("$__rate_interval", "1m").Replace("$__range", "5m").Replace("$model", ".*"));
            }
        }
    }

    internal static IEnumerable<(string Name, string Query)> Alerts() => Regex
        .Matches(File.ReadAllText(Path.Combine(Prometheus, "alerts.yml")), @"- alert: (\w+)\n\s+expr: (?:>-\n)?((?:.|\n)+?)\n\s+(?:for|labels):")
        .Select(match => (match.Groups[1].Value, Regex.Replace(match.Groups[2].Value, @"\s+", " ")));

    [Fact]
    public void Every_metric_that_is_asked_for_is_one_that_Batch_has()
    {
        var known = DocumentedMetrics.Table.ToDictionary(metric => metric.Name, metric => metric.Type);
        var asked = 0;
        foreach (var (name, query) in Queries().Concat(Alerts()))
        {
            foreach (Match metric in Regex.Matches(query, @"\bbatch_\w+"))
            {
                asked++;
                var histogram = Regex.Replace(metric.Value, "_(bucket|sum|count)$", "");
                Assert.True(known.ContainsKey(metric.Value) || known.GetValueOrDefault(histogram) == "histogram", $"{name} asks for {metric.Value}.");
            }
        }

        Assert.True(asked > 50);
        Assert.Equal(Regex.Count(File.ReadAllText(Path.Combine(Prometheus, "alerts.yml")), "- alert: "), Alerts().Count());
    }

    [Fact]
    public void Every_label_that_is_grouped_by_is_one_that_the_metric_has()
    {
        var labels = DocumentedMetrics.Table.ToDictionary(metric => metric.Name, metric => metric.Labels);
        foreach (var (name, query) in Queries().Concat(Alerts()))
        {
            foreach (Match group in Regex.Matches(query, @"by \((?<labels>[\w, ]+)\) \((?:\w+\()?(?<metric>batch_\w+)"))
            {
                var metric = Regex.Replace(group.Groups["metric"].Value, "_(bucket|sum|count)$", "");
                var known = labels.GetValueOrDefault(metric) ?? labels[group.Groups["metric"].Value];
                foreach (var label in group.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries))
                    Assert.True(label is "le" or "instance" || known.Contains(label), $"{name} groups {metric} by {label}.");
            }
        }
    }

    [Fact]
    public void Every_alert_is_seen_to_fire_in_the_rules_tests()
    {
        var tests = File.ReadAllText(Path.Combine(Prometheus, "alerts_test.yml"));
        foreach (var (name, _) in Alerts())
            Assert.Matches($@"alertname: {name}\n\s+exp_alerts:\n\s+- exp_labels", tests);
    }

    [Fact]
    public void Every_alert_that_the_documents_name_exists()
    {
        var alerts = Alerts().Select(alert => alert.Name).ToHashSet();
        foreach (Match named in Regex.Matches(File.ReadAllText(Repository.File("docs", "operating.md")), @"`(Batch[A-Z]\w+)`"))
            Assert.True(alerts.Contains(named.Groups[1].Value), $"There is no alert {named.Groups[1].Value}.");
    }

    [Fact]
    public void Panels_are_those_an_operator_asks_for_first_and_do_not_overlap()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Repository.File("deploy", "grafana", "dashboards", "batch.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        var titles = panels.ConvertAll(panel => panel.GetProperty("title").GetString());
        foreach (var wanted in (string[])["Rows", "Lag", "Errors in rows by code", "Slowest stage", "Duration of jobs", "Insert latency", "Retries"])
            Assert.Contains(wanted, titles);

        var cells = new HashSet<(int, int)>();
        foreach (var panel in panels)
        {
            var at = panel.GetProperty("gridPos");
            for (var x = at.GetProperty("x").GetInt32(); x < at.GetProperty("x").GetInt32() + at.GetProperty("w").GetInt32(); x++)
            {
                for (var y = at.GetProperty("y").GetInt32(); y < at.GetProperty("y").GetInt32() + at.GetProperty("h").GetInt32(); y++)
                    Assert.True(x < 24 && cells.Add((x, y)), panel.GetProperty("title").GetString());
            }
        }

        var datasource = File.ReadAllText(Repository.File("deploy", "grafana", "provisioning", "datasources", "prometheus.yml"));
        Assert.All(panels.Where(panel => panel.TryGetProperty("datasource", out _)),
            panel => Assert.Contains($"uid: {panel.GetProperty("datasource").GetProperty("uid").GetString()}\n", datasource));
    }

    [Fact]
    public void Prometheus_scrapes_every_service_of_compose_that_has_metrics()
    {
        var jobs = ((List<object>)Yaml.Parse(File.ReadAllText(Path.Combine(Prometheus, "prometheus.yml")))["scrape_configs"])
            .ConvertAll(job => (string)((Dictionary<string, object>)job)["job_name"]);
        Assert.Equal(["api", "clickhouse", "prometheus", "redpanda", "worker"], jobs.Order(StringComparer.Ordinal));
        Assert.All(jobs, job => Assert.Contains(job, ComposeFile.Ours().Services.Keys));
    }

    [SkippableTheory]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("test", "rules", "alerts_test.yml")]
    public async Task Promtool_is_content(string verb, string what, string file)
    {
        Tool.Require("/usr/bin/promtool");
        var (exitCode, output) = await Tool.RunAsync("/usr/bin/promtool", [verb, what, file], Prometheus);
        Assert.True(exitCode == 0, output);
    }
}
