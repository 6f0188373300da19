using Batch.Client;
using Batch.Core.Log;
using Batch.Core.Telemetry;
using Batch.ServiceDefaults.Prometheus;
using Xunit;

namespace Batch.Tests.Telemetry;

/// <summary>What dashboards and alerts rely on: the names, types and labels of Batch's own metrics.</summary>
public sealed class DomainInstrumentTests
{
    /// <summary>Every metric of ours, as Prometheus sees it.</summary>
    internal static readonly (string Name, string Type, string[] Labels)[] Table =
    [
        ("batch_chunk_bytes_total", "counter", []),
        ("batch_chunk_duration_seconds", "histogram", ["stage"]),
        ("batch_chunks_appended_total", "counter", []),
        ("batch_chunks_in_flight", "gauge", []),
        ("batch_chunks_lost_total", "counter", []),
        ("batch_chunks_processed_total", "counter", ["outcome"]),
        ("batch_chunks_waiting", "gauge", []),
        ("batch_clickhouse_errors_total", "counter", ["code"]),
        ("batch_clickhouse_insert_bytes_total", "counter", ["table"]),
        ("batch_clickhouse_insert_duration_seconds", "histogram", ["outcome", "table"]),
        ("batch_clickhouse_insert_rows_total", "counter", ["table"]),
        ("batch_clickhouse_query_duration_seconds", "histogram", ["outcome"]),
        ("batch_dead_letters_total", "counter", []),
        ("batch_job_duration_seconds", "histogram", ["state"]),
        ("batch_jobs_completed_total", "counter", ["state"]),
        ("batch_jobs_conservation_breaches_total", "counter", []),
        ("batch_jobs_created_total", "counter", []),
        ("batch_log_append_bytes_total", "counter", ["topic"]),
        ("batch_log_append_duration_seconds", "histogram", ["topic"]),
        ("batch_log_damaged_total", "counter", ["topic"]),
        ("batch_log_lag", "gauge", ["group", "partition", "topic"]),
        ("batch_log_queue_bytes", "gauge", ["direction"]),
        ("batch_queue_wait_seconds", "histogram", []),
        ("batch_retries_total", "counter", ["dependency"]),
        ("batch_row_errors_total", "counter", ["code", "model"]),
        ("batch_rows_abandoned_total", "counter", ["model"]),
        ("batch_rows_accepted_total", "counter", ["model"]),
        ("batch_rows_rejected_total", "counter", ["model"]),
        ("batch_upload_bytes_total", "counter", []),
        ("batch_upload_duration_seconds", "histogram", ["outcome"]),
        ("batch_upload_rows_total", "counter", []),
        ("batch_uploads_active", "gauge", []),
        ("batch_uploads_refused_total", "counter", ["code"]),
    ];

    [Fact]
    public void Every_metric_has_the_name_type_and_labels_that_dashboards_ask_for()
    {
        var page = Touch();
        var shown = page.Values.Select(family => (family.Name, family.Type,
            Labels: family.Samples.SelectMany(sample => sample.Labels.Keys).Where(label => label != "le").Distinct().Order(StringComparer.Ordinal).ToArray()));
        Assert.Equal(Table.Select(Describe), shown.Where(family => family.Name.StartsWith("batch_", StringComparison.Ordinal)).Select(Describe));

        static string Describe((string Name, string Type, string[] Labels) family) => $"{family.Name} {family.Type} {string.Join(',', family.Labels)}";
    }

    [Fact]
    public void Models_beyond_the_bound_share_a_label()
    {
        var label = new BoundedLabel(2);
        Assert.Equal(["a", "b", "other", "a", "other"], new[] { "a", "b", "c", "a", "d" }.Select(label.Of));
    }

    [Fact]
    public void Data_tables_share_a_label()
    {
        var exporter = Exporter();
        for (var i = 0; i < 200; i++)
            ClickHouseMetrics.Inserted("data_" + Guid.NewGuid().ToString("N"), 1, 1, TimeSpan.Zero);
        var tables = ExpositionParser.Parse(exporter.Collect())["batch_clickhouse_insert_rows_total"].Samples.ConvertAll(sample => sample.Labels["table"]);
        Assert.Contains("data", tables);
        Assert.DoesNotContain(tables, table => table.StartsWith("data_", StringComparison.Ordinal));
    }

    [Fact]
    public void Chunk_in_flight_is_counted_down_once()
    {
        var exporter = Exporter();
        var chunk = ChunkMetrics.Started(1, TimeSpan.FromSeconds(-1));
        var other = ChunkMetrics.Started(1, TimeSpan.Zero);
        var during = InFlight();
        chunk.Dispose();
        chunk.Dispose();
        Assert.Equal(during - 1, InFlight());
        other.Dispose();

        double InFlight() => ExpositionParser.Parse(exporter.Collect())["batch_chunks_in_flight"].Samples.Single().Value;
    }

    [Fact]
    public void Upload_nobody_spoke_for_was_interrupted()
    {
        var exporter = Exporter();
        UploadMetrics.Started().Dispose();
        Assert.Contains(ExpositionParser.Parse(exporter.Collect())["batch_uploads_refused_total"].Samples,
            sample => sample.Labels["code"] == "UPLOAD_INTERRUPTED");
    }

    internal static byte[] TouchAndExport()
    {
        var exporter = Exporter();
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
        using (LogMetrics.ObserveQueue(() => [LogMetrics.MeasureQueue(100, "append")]))
            return exporter.Collect().ToArray();
    }

    static Dictionary<string, ExpositionParser.Family> Touch() => ExpositionParser.Parse(TouchAndExport());

    static PrometheusExporter Exporter()
    {
        var exporter = new PrometheusExporter(filter: instrument => instrument.Meter.Name == BatchTelemetry.Name);
        exporter.Start();
        return exporter;
    }
}
