using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Batch.Client;
using Batch.Core.Telemetry;
using Batch.Tests.Telemetry;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>What an API and its workers, each a process of its own, tell those who watch them.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class ClusterTelemetryTests(ClusterParts parts)
{
    /// <summary>What only happens when something goes wrong.</summary>
    static readonly string[] OfTrouble =
        ["batch_chunks_lost_total", "batch_clickhouse_errors_total", "batch_log_damaged_total", "batch_retries_total", "batch_rows_abandoned_total"];

    [SkippableFact]
    public async Task The_metrics_of_API_and_worker_are_the_ones_that_the_documents_name()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 1);
        var (model, job) = await cluster.UploadAsync();
        await cluster.EndsWithEveryRowOnceAsync(job);
        await Assert.ThrowsAsync<BatchApiException>(() =>
            cluster.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Of(""), default));

        // The dependencies are first looked at some seconds after the start, and the end of a job is counted after it can be seen.
        var documented = DocumentedMetrics.Table.ToDictionary(metric => metric.Name, DocumentedMetrics.Describe);
        var wanted = documented.Keys.Except(OfTrouble).ToHashSet();
        for (var deadline = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(500))
        {
            var shown = new HashSet<string>();
            foreach (var process in (ServiceProcess[])[cluster.ApiProcess, cluster.Workers[0]])
            {
                var page = ExpositionParser.Parse(Encoding.UTF8.GetBytes(await process.GetAsync("metrics")));
                foreach (var metric in DocumentedMetrics.On(page))
                {
                    Assert.Equal(documented.GetValueOrDefault(metric.Name), DocumentedMetrics.Describe(metric));
                    shown.Add(metric.Name);
                }

                // No id is a label: labels must stay few. The topics are the cluster's own.
                Assert.DoesNotContain(page.Values.SelectMany(family => family.Samples).SelectMany(sample => sample.Labels),
                    label => label.Key is not ("topic" or "group") && Regex.IsMatch(label.Value, "[0-9a-f]{32}"));
                Assert.Contains("dotnet_process_memory_working_set_bytes", page.Keys);
            }

            if (wanted.IsSubsetOf(shown))
                return;
            Assert.True(DateTime.UtcNow < deadline, $"Neither shows {string.Join(", ", wanted.Except(shown))}.");
        }
    }

    [SkippableFact]
    public async Task One_trace_goes_from_the_caller_through_the_API_and_two_workers_to_each_insert_and_its_query_id()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 2, settings: [.. collector.Settings, ("OTEL_BSP_SCHEDULE_DELAY", "200")]);
        var model = await cluster.Api.CreateModelAsync(CsvText.Purchases(), default);
        using var caller = new Activity("caller").Start();
        var (_, job) = await cluster.UploadAsync(model);
        caller.Stop();
        await cluster.EndsWithEveryRowOnceAsync(job);

        var insert = $"insert data_{model.ModelId}";
        for (var deadline = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(200))
        {
            var trace = collector.Spans.Where(span => span.TraceId == caller.TraceId.ToHexString()).ToDictionary(span => span.SpanId);
            var inserts = trace.Values.Where(span => span.Name == insert).ToList();
            var workers = inserts.Select(span => span.Service).Distinct().Count();
            if (workers == 2 && inserts.TrueForAll(span => PathToRoot(trace, span)[^1].Name == "POST /jobs"))
            {
                foreach (var span in inserts)
                {
                    var path = PathToRoot(trace, span);
                    Assert.Equal(
                        [$"chunk {cluster.BulkTopic}", $"append {cluster.BulkTopic}", "upload", "POST /jobs"], path.TakeLast(4).Select(step => step.Name));
                    Assert.Contains("Batch.Worker", span.Service, StringComparison.Ordinal);
                    Assert.Contains("Batch.Api", path[^1].Service, StringComparison.Ordinal);
                    Assert.Matches("^[0-9a-f]{32}$", span.Attributes[BatchAttributes.QueryId]);
                }

                Assert.Equal(inserts.Count, inserts.DistinctBy(span => span.Attributes[BatchAttributes.QueryId]).Count());
                return;
            }

            Assert.True(DateTime.UtcNow < deadline,
                $"{inserts.Count} inserts of {workers} workers, {trace.Count} spans: {string.Join(", ", trace.Values.CountBy(span => span.Name))}");
        }
    }

    static List<OtlpCollector.Span> PathToRoot(Dictionary<string, OtlpCollector.Span> trace, OtlpCollector.Span from)
    {
        var path = new List<OtlpCollector.Span> { from };
        while (trace.TryGetValue(path[^1].ParentId, out var parent))
            path.Add(parent);
        return path;
    }
}
