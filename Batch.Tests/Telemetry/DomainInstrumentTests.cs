using Batch.Client;
using Batch.Core.Log;
using Batch.Core.Telemetry;
using Batch.ServiceDefaults.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.Tests.Telemetry;

/// <summary>What dashboards and alerts rely on: the names, types, labels and buckets of Batch's own metrics.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class DomainInstrumentTests
{
    [Fact]
    public async Task Every_metric_has_the_name_type_and_labels_that_the_documents_say_and_no_other_exists()
    {
        await using var service = await StartAsync();
        var shown = DocumentedMetrics.On(ExpositionParser.Parse(await TouchAsync(service)));
        Assert.Equal(
            DocumentedMetrics.Table.Select(DocumentedMetrics.Describe).Order(StringComparer.Ordinal),
            shown.Select(DocumentedMetrics.Describe).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_histogram_has_the_buckets_that_the_documents_say()
    {
        await using var service = await StartAsync();
        var page = ExpositionParser.Parse(await TouchAsync(service));
        var histograms = page.Values.Where(family => family.Type == "histogram" && family.Name.StartsWith("batch_", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(histograms);
        foreach (var histogram in histograms)
        {
            var bounds = histogram.Samples.Where(sample => sample.Labels.ContainsKey("le")).Select(sample => sample.Labels["le"]).Distinct()
                .Select(bound => bound == "+Inf" ? double.PositiveInfinity : double.Parse(bound, System.Globalization.CultureInfo.InvariantCulture));
            Assert.True(DocumentedMetrics.Bounds(histogram.Name).SequenceEqual(bounds), $"{histogram.Name}: {string.Join(' ', bounds)}");
        }
    }

    [Fact]
    public void Models_beyond_the_bound_share_a_label()
    {
        var label = new BoundedLabel(2);
        Assert.Equal(["a", "b", "other", "a", "other"], new[] { "a", "b", "c", "a", "d" }.Select(label.Of));
    }

    [Fact]
    public async Task Data_tables_share_a_label()
    {
        await using var service = await StartAsync();
        for (var i = 0; i < 200; i++)
            ClickHouseMetrics.Inserted("data_" + Guid.NewGuid().ToString("N"), 1, 1, TimeSpan.Zero);
        var tables = (await service.MetricsAsync())["batch_clickhouse_insert_rows_total"].Samples.ConvertAll(sample => sample.Labels["table"]);
        Assert.Contains("data", tables);
        Assert.DoesNotContain(tables, table => table.StartsWith("data_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chunk_in_flight_is_counted_down_once()
    {
        await using var service = await StartAsync();
        var chunk = ChunkMetrics.Started(1, TimeSpan.FromSeconds(-1));
        var other = ChunkMetrics.Started(1, TimeSpan.Zero);
        var during = await InFlightAsync();
        chunk.Dispose();
        chunk.Dispose();
        Assert.Equal(during - 1, await InFlightAsync());
        other.Dispose();

        async Task<double> InFlightAsync() => (await service.MetricsAsync())["batch_chunks_in_flight"].Samples.Single().Value;
    }

    [Fact]
    public async Task Upload_nobody_spoke_for_was_interrupted()
    {
        await using var service = await StartAsync();
        UploadMetrics.Started().Dispose();
        Assert.Contains((await service.MetricsAsync())["batch_uploads_refused_total"].Samples, sample => sample.Labels["code"] == "UPLOAD_INTERRUPTED");
    }

    [Fact]
    public async Task Measuring_allocates_nothing()
    {
        // Both readers of measurements: Prometheus's page and OTLP.
        await using var collector = await OtlpCollector.StartAsync();
        await using var service = await ServiceProcess.StartAsync(settings: collector.Settings);
        for (var i = 0; i < 100; i++)
            Measure();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            Measure();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(10_100, (await service.MetricsAsync())["batch_chunk_bytes_total"].Samples.Single().Value);

        static void Measure()
        {
            using (ChunkMetrics.Time(ChunkStage.Validate))
                ChunkMetrics.Done(ChunkOutcome.Loaded, bytes: 1);
            RowMetrics.Accepted("purchases", 9);
            ClickHouseMetrics.Inserted("rejected_rows", 1, 50, TimeSpan.FromMilliseconds(4));
        }
    }

    /// <summary>A service with one dependency.</summary>
    internal static Task<ServiceProcess> StartAsync() => ServiceProcess.StartAsync(builder =>
    {
        builder.Services.AddHealthChecks().AddDependency("clickhouse", (_, _) => Task.CompletedTask);
        builder.Services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.Zero);
    });

    /// <summary>The service's page once every instrument has measured something.</summary>
    internal static async Task<byte[]> TouchAsync(ServiceProcess service)
    {
        using (var upload = UploadMetrics.Started())
        {
            UploadMetrics.ChunkAppended(rows: 10, bytes: 100);
            upload.Accepted();
        }

        using (var refused = UploadMetrics.Started())
            refused.Refused("EMPTY_FILE");
        using (ChunkMetrics.Started(1, TimeSpan.FromSeconds(1)))
        {
            using (ChunkMetrics.Time(ChunkStage.Validate))
                ChunkMetrics.Stage(ChunkStage.Insert, TimeSpan.FromMilliseconds(30));
            ChunkMetrics.Done(ChunkOutcome.Loaded, bytes: 100);
            ChunkMetrics.Done(ChunkOutcome.DeadLetter, bytes: 100);
        }

        ChunkMetrics.SetAside();
        ChunkMetrics.TakenUpAgain();
        RowMetrics.Accepted("purchases", 9);
        RowMetrics.Rejected("purchases", 1);
        RowMetrics.Abandoned("purchases", 1);
        RowMetrics.Errors("purchases", ErrorCodes.NotAFloat, 2);
        JobMetrics.Created();
        JobMetrics.Completed(JobState.PartialSuccess, TimeSpan.FromSeconds(3));
        ClickHouseMetrics.Inserted("rejected_rows", 1, 50, TimeSpan.FromMilliseconds(4));
        ClickHouseMetrics.InsertFailed("data_1", 252, TimeSpan.FromMilliseconds(4));
        ClickHouseMetrics.Queried(TimeSpan.FromMilliseconds(2));
        ClickHouseMetrics.QueryFailed(0, TimeSpan.FromMilliseconds(2));
        RetryMetrics.Retried(RetryMetrics.ClickHouse);
        LogMetrics.Appended(new LogPartition("chunks", 0), bytes: 100, TimeSpan.FromMilliseconds(3));
        LogMetrics.Damaged(new LogPartition("chunks", 0));
        using (LogMetrics.ObserveLag(() => [LogMetrics.Measure(7, new LogPartition("chunks", 0), "batch-workers")]))
        using (LogMetrics.ObserveAge(() => [LogMetrics.MeasureAge(TimeSpan.FromSeconds(7), "batch-workers", "chunks")]))
        using (LogMetrics.ObserveQueue(() => [LogMetrics.MeasureQueue(100, "append")]))
        {
            for (var attempt = 0; !(await service.MetricsAsync()).ContainsKey("batch_dependency_up"); attempt++)
            {
                Assert.True(attempt < 100, "The dependencies were never looked at.");
                await Task.Delay(100);
            }

            return await service.Http.GetByteArrayAsync("/metrics");
        }
    }
}
