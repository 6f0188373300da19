using System.Net;
using System.Net.Sockets;
using Batch.Client;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Tests.EndToEnd;

/// <summary>What the environment may say to the standalone system, and what it may not.</summary>
[Collection("end to end")]
public sealed class StandaloneSettingsTests
{
    static readonly string[] AnyPorts = ["--port", "0", "--clickhouse-port", "0", "--kafka-port", "0", "--metrics-port", "0"];

    [Fact]
    public async Task Addresses_of_another_deployment_in_the_shell_do_not_redirect_it()
    {
        const string elsewhere = "127.0.0.1:9";
        await using var system = await StandaloneProcess.StartNewAsync(environment:
        [
            ("ConnectionStrings__clickhouse", $"http://somebody:secret@{elsewhere}/warehouse"), ("ClickHouse__Url", $"http://{elsewhere}"),
            ("ClickHouse__Database", "warehouse"), ("ClickHouse__User", "somebody"), ("ClickHouse__Password", "secret"),
            ("ConnectionStrings__kafka", elsewhere), ("KAFKA_BOOTSTRAP", elsewhere), ("Kafka__BootstrapServers", elsewhere),
            ("Kafka__Properties__bootstrap.servers", elsewhere), ("Kafka__Properties__security.protocol", "ssl"),
            ("ASPNETCORE_URLS", "http://127.0.0.1:9"),
        ]);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(1_000), default);
        Assert.Equal(JobState.Success, (await system.Api.WaitUntilOverAsync(created.JobId)).State);
        Assert.Equal("1000", await system.QueryAsync($"SELECT count() FROM data_{model.ModelId}"));
        // And the chunks have gone through the log of the banner.
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = system.KafkaAddress }).Build();
        Assert.Contains(admin.GetMetadata(TimeSpan.FromSeconds(10)).Topics, topic => topic.Topic == "batch.chunks.express");
    }

    [Fact]
    public async Task What_waits_for_a_worker_waits_however_long_the_machine_is_off()
    {
        await using var system = await StandaloneProcess.StartNewAsync();
        // Workers make their topics when they are up; a job that is loaded has seen both.
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        foreach (var rows in (int[])[10, 50_000])
            await system.Api.WaitUntilOverAsync((await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(rows), default)).JobId);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = system.KafkaAddress }).Build();
        foreach (var topic in (string[])["batch.chunks", "batch.chunks.express"])
        {
            var described = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }]);
            Assert.Equal(("-1", "-1"), (described[0].Entries["retention.ms"].Value, described[0].Entries["retention.bytes"].Value));
        }
    }

    [Theory]
    [InlineData("EmbeddedKafka__MaxBytes", "1000000")]
    [InlineData("EmbeddedKafka__MinFreeBytes", "9000000000000000000")]
    public async Task A_log_that_may_not_hold_more_answers_507_and_says_why(string name, string value)
    {
        await using var system = await StandaloneProcess.StartNewAsync(workers: 0, environment: (name, value));
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var refused = await Assert.ThrowsAsync<BatchApiException>(() => system.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(300_000), default));
        Assert.Equal((HttpStatusCode.InsufficientStorage, "LOG_FULL"), (refused.StatusCode, refused.Code));
    }

    [Theory]
    [InlineData("EmbeddedKafka__MaxBytes", "-1")]
    [InlineData("EmbeddedKafka__MinFreeBytes", "much")]
    [InlineData("Worker__MaxAttempts", "0")]
    public async Task A_setting_out_of_range_is_refused_in_one_sentence_that_names_it(string name, string value)
    {
        var data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
        var (exitCode, output) = await StandaloneProcess.RunAsync([(name, value)], ["--data", data, .. AnyPorts]);
        Assert.Equal(1, exitCode);
        Assert.Contains(name.Split("__")[1], output);
        Assert.Single(output.Trim().Split('\n'));
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
    }

    [Theory]
    [InlineData("--port")]
    [InlineData("--kafka-port")]
    [InlineData("--metrics-port")]
    public async Task A_port_that_is_taken_is_named_with_the_option_that_changes_it(string option)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        var data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
        var ports = AnyPorts.ToArray();
        ports[Array.IndexOf(ports, option) + 1] = port;
        var (exitCode, output) = await StandaloneProcess.RunAsync(["--data", data, .. ports]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"Port {port} ", output, StringComparison.Ordinal);
        Assert.Contains(option + ".", output);
        Assert.Single(output.Trim().Split('\n'));
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task The_metrics_port_answers_the_probes_and_nothing_else_and_the_port_of_the_API_all_of_it()
    {
        await using var system = await StandaloneProcess.StartNewAsync();
        foreach (var path in (string[])["/health", "/alive", "/metrics", "/models", "/jobs", "/openapi/v1.json"])
        {
            using var byApi = await system.Http.GetAsync(new Uri(system.ApiAddress, path));
            using var byMetrics = await system.Http.GetAsync(new Uri(system.MetricsAddress, path));
            Assert.Equal(HttpStatusCode.OK, byApi.StatusCode);
            Assert.Equal(path is "/health" or "/alive" or "/metrics" ? HttpStatusCode.OK : HttpStatusCode.NotFound, byMetrics.StatusCode);
        }
        // An upload is refused too, before its file is read.
        using var upload = await system.Http.PostAsync(new Uri(system.MetricsAddress, "/jobs?model_id=any"), new StringContent("a,b\n"));
        Assert.Equal(HttpStatusCode.NotFound, upload.StatusCode);
    }
}
