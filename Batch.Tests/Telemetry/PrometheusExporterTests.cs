using System.Diagnostics.Metrics;
using System.Text;
using Batch.ServiceDefaults.Prometheus;
using Xunit;

namespace Batch.Tests.Telemetry;

public sealed class PrometheusExporterTests : IDisposable
{
    readonly Meter _meter = new("test-" + Guid.NewGuid().ToString("N"));
    readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        foreach (var owned in _owned)
            owned.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Counter_has_its_unit_and_total_in_its_name()
    {
        var exporter = Export();
        _meter.CreateCounter<long>("batch.upload.bytes", "By", "Bytes.").Add(5);
        _meter.CreateCounter<long>("batch.rows.accepted", "{row}", "Rows.").Add(2);
        _meter.CreateHistogram<double>("batch.chunk.duration", "s", "Time.").Record(1);
        _meter.CreateGauge<double>("cpu.share", "1", "Share.").Record(0.5);
        _meter.CreateUpDownCounter<long>("uploads.active", "{upload}", "Active.").Add(1);
        _meter.CreateCounter<double>("disk.read", "By/s", "Rate.").Add(1);
        _meter.CreateCounter<double>("seconds.total", "s", "Already there.").Add(1);
        Assert.Equal(
            ["batch_chunk_duration_seconds", "batch_rows_accepted_total", "batch_upload_bytes_total", "cpu_share_ratio", "disk_read_bytes_per_second_total",
                "seconds_total", "uploads_active"],
            Read(exporter).Keys.Where(name => !name.StartsWith("prometheus_", StringComparison.Ordinal)));
    }

    [Fact]
    public void Label_values_with_quotes_backslashes_and_line_feeds_come_back_as_they_were()
    {
        var exporter = Export();
        const string nasty = "a \"b\" \\ c\nd \r é ✓";
        _meter.CreateCounter<long>("nasty", description: "Back\\slash\nline \"quoted\"").Add(1, new KeyValuePair<string, object?>("1st.label-name", nasty));
        var sample = Assert.Single(Read(exporter)["nasty_total"].Samples);
        Assert.Equal(nasty, sample.Labels["_1st_label_name"]);
    }

    [Fact]
    public void Order_and_type_of_tags_do_not_make_another_series()
    {
        var exporter = Export();
        var counter = _meter.CreateCounter<long>("hits");
        counter.Add(1, new("code", 200), new("route", "/"));
        counter.Add(1, new("route", "/"), new("code", 200));
        counter.Add(1, new("route", "/"), new("code", "200"));
        counter.Add(1, new("route", "/"), new("code", 200), new("empty", ""));
        Assert.Equal(4, Assert.Single(Read(exporter)["hits_total"].Samples).Value);
    }

    [Fact]
    public void Histogram_bounds_are_those_its_author_advised_and_belong_to_their_bucket()
    {
        var exporter = Export();
        var histogram = _meter.CreateHistogram("h", "s", "H.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2.5] });
        foreach (var value in (double[])[0, 1, 1.5, 2.5, 99])
            histogram.Record(value);
        var samples = Read(exporter)["h_seconds"].Samples;
        Assert.Equal([("1", 2), ("2.5", 4), ("+Inf", 5)], samples.Where(s => s.Name == "h_seconds_bucket").Select(s => (s.Labels["le"], (int)s.Value)));
        Assert.Equal(104, samples.Single(s => s.Name == "h_seconds_sum").Value);
    }

    [Fact]
    public void Meters_of_two_hosts_are_added_up_under_one_declaration()
    {
        var exporter = Export();
        using var other = new Meter(_meter.Name);
        foreach (var meter in (Meter[])[_meter, other])
        {
            meter.CreateCounter<long>("requests", description: "Requests.").Add(3, new KeyValuePair<string, object?>("route", "/jobs"));
            meter.CreateHistogram<double>("duration", "s", "Time.").Record(1);
            meter.CreateObservableUpDownCounter("open", () => 2, description: "Open.");
        }

        for (var scrape = 0; scrape < 2; scrape++)
        {
            var page = Read(exporter);
            Assert.Equal(6, Assert.Single(page["requests_total"].Samples).Value);
            Assert.Equal(2, page["duration_seconds"].Samples.Single(s => s.Name == "duration_seconds_count").Value);
            Assert.Equal(4, Assert.Single(page["open"].Samples).Value);
        }
    }

    [Fact]
    public void Same_name_with_another_type_is_left_out_and_counted()
    {
        var exporter = Export();
        _meter.CreateGauge<long>("thing").Record(7);
        _meter.CreateHistogram<double>("thing").Record(1);
        var page = Read(exporter);
        Assert.Equal(7, Assert.Single(page["thing"].Samples).Value);
        Assert.Equal(1, Assert.Single(page["prometheus_exporter_conflicting_instruments_total"].Samples).Value);
    }

    [Fact]
    public void Series_beyond_the_cap_are_added_up_and_counted()
    {
        var exporter = Export(maxSeries: 10);
        var counter = _meter.CreateCounter<long>("users");
        for (var i = 0; i < 1000; i++)
            counter.Add(1, new KeyValuePair<string, object?>("user", i));
        var page = Read(exporter);
        Assert.Equal(11, page["users_total"].Samples.Count);
        Assert.Equal(1000, page["users_total"].Samples.Sum(sample => sample.Value));
        Assert.Equal(990, page["users_total"].Samples.Single(sample => sample.Labels.ContainsKey("otel_metric_overflow")).Value);
        var overflow = Assert.Single(page["prometheus_exporter_overflowed_measurements_total"].Samples);
        Assert.Equal(("users_total", 990), (overflow.Labels["metric"], (int)overflow.Value));
    }

    [Fact]
    public void Observable_series_that_went_away_are_not_shown_and_leave_their_room_to_others()
    {
        var exporter = Export(maxSeries: 4);
        var partition = 0;
        _meter.CreateObservableGauge("lag", () => new[]
        {
            new Measurement<long>(partition, new KeyValuePair<string, object?>("partition", partition)),
            new Measurement<long>(partition, new KeyValuePair<string, object?>("partition", partition + 1)),
        });
        for (partition = 0; partition < 50; partition++)
        {
            var labels = Read(exporter)["lag"].Samples.Select(sample => sample.Labels.GetValueOrDefault("partition")).Order(StringComparer.Ordinal);
            Assert.Equal(new[] { $"{partition}", $"{partition + 1}" }.Order(StringComparer.Ordinal), labels);
        }
    }

    [Fact]
    public void Observable_counter_shows_its_total_and_not_the_sum_of_scrapes()
    {
        var exporter = Export();
        var total = 0L;
        _meter.CreateObservableCounter("done", () => total);
        foreach (var expected in (long[])[0, 5, 5, 9])
        {
            total = expected;
            Assert.Equal(expected, Assert.Single(Read(exporter)["done_total"].Samples).Value);
        }
    }

    [Fact]
    public void Instrument_that_throws_is_counted_and_hides_no_other()
    {
        var exporter = Export();
        _meter.CreateObservableGauge("broken", long () => throw new InvalidOperationException("no"));
        _meter.CreateObservableGauge("sound", () => 1L);
        var page = Read(exporter);
        Assert.Equal(1, Assert.Single(page["sound"].Samples).Value);
        Assert.Equal(1, Assert.Single(page["prometheus_exporter_failed_observations_total"].Samples).Value);
    }

    [Fact]
    public void Nonsense_measurements_leave_totals_alone()
    {
        var exporter = Export();
        var counter = _meter.CreateCounter<double>("c");
        var histogram = _meter.CreateHistogram<double>("h");
        counter.Add(1);
        counter.Add(-5);
        counter.Add(double.NaN);
        histogram.Record(double.NaN);
        histogram.Record(2);
        var gauge = _meter.CreateGauge<double>("g");
        gauge.Record(double.NaN);
        var page = Read(exporter);
        Assert.Equal(1, Assert.Single(page["c_total"].Samples).Value);
        Assert.Equal(2, page["h"].Samples.Single(s => s.Name == "h_sum").Value);
        Assert.True(double.IsNaN(Assert.Single(page["g"].Samples).Value));
    }

    [Fact]
    public async Task Measurements_of_many_threads_during_scrapes_are_all_counted()
    {
        const int threads = 4, each = 50_000;
        var exporter = Export();
        var counter = _meter.CreateCounter<long>("c");
        var histogram = _meter.CreateHistogram<double>("h");
        using var done = new CancellationTokenSource();
        var scraper = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                Read(exporter);
        });
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("k", i % 100));
                histogram.Record(i % 10, new KeyValuePair<string, object?>("thread", thread));
            }
        })));
        await done.CancelAsync();
        await scraper;
        var page = Read(exporter);
        Assert.Equal(threads * each, page["c_total"].Samples.Sum(s => s.Value));
        Assert.Equal(threads * each, page["h"].Samples.Where(s => s.Name == "h_count").Sum(s => s.Value));
        Assert.Equal(threads * each * 4.5, page["h"].Samples.Where(s => s.Name == "h_sum").Sum(s => s.Value));
    }

    [Fact]
    public void Measuring_a_known_series_allocates_nothing()
    {
        Export();
        var counter = _meter.CreateCounter<long>("c");
        var histogram = _meter.CreateHistogram<double>("h");
        var tag = new KeyValuePair<string, object?>("stage", "insert");
        for (var i = 0; i < 100; i++)
            Measure();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            Measure();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Measure()
        {
            counter.Add(1, tag);
            histogram.Record(0.5, tag);
        }
    }

    [Fact]
    public void Everything_the_runtime_measures_makes_a_page_a_strict_parser_accepts()
    {
        using var exporter = new PrometheusExporter();
        exporter.Start();
        Assert.Contains("dotnet_gc_collections_total", ExpositionParser.Parse(exporter.Collect()));
    }

    PrometheusExporter Export(int maxSeries = PrometheusExporter.DefaultMaxSeries)
    {
        var exporter = new PrometheusExporter(maxSeries, instrument => instrument.Meter.Name == _meter.Name);
        _owned.Add(exporter);
        exporter.Start();
        return exporter;
    }

    static Dictionary<string, ExpositionParser.Family> Read(PrometheusExporter exporter)
    {
        var page = exporter.Collect();
        try
        {
            return ExpositionParser.Parse(page);
        }
        catch (Exception exception)
        {
            throw new FormatException(Encoding.UTF8.GetString(page.Span), exception);
        }
    }
}
