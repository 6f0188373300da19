using System.Net;
using System.Net.Sockets;
using Batch.Client;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>What environment and command line may say to the app host, and what they may not.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class AppHostSettingsTests
{
    static readonly string[] Embedded = ["--infrastructure", "embedded", .. AppHostProcess.AnyPorts];

    [Fact]
    public async Task Addresses_of_another_deployment_in_the_shell_do_not_redirect_it()
    {
        const string elsewhere = "127.0.0.1:9";
        await using var system = await AppHostProcess.StartNewAsync(environment:
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
        await using var system = await AppHostProcess.StartNewAsync();
        // Workers make their topics when they are up; a job that is loaded has seen both.
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        foreach (var rows in (int[])[10, 50_000])
            await system.Api.WaitUntilOverAsync(
                (await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(rows), default)).JobId);
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
        await using var system = await AppHostProcess.StartNewAsync(workers: 0, environment: (name, value));
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
        var (exitCode, _, errors) = await AppHostProcess.RunAsync([(name, value)], ["--data", data, .. Embedded]);
        Assert.Equal(1, exitCode);
        Assert.Contains(name.Split("__")[1], errors);
        Assert.Single(errors.Trim().Split('\n'));
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
    }

    [Theory]
    [InlineData("--port")]
    [InlineData("--kafka-port")]
    [InlineData("--clickhouse-port")]
    [InlineData("--metrics-port")]
    [InlineData("--dashboard-port")]
    public async Task A_port_that_is_taken_is_named_with_the_option_that_changes_it(string option)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";
        var data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
        var ports = Embedded.ToArray();
        ports[Array.IndexOf(ports, option) + 1] = port;
        var (exitCode, _, errors) = await AppHostProcess.RunAsync([], ["--data", data, .. ports]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"Port {port} ", errors, StringComparison.Ordinal);
        Assert.Contains(option + ".", errors);
        Assert.Single(errors.Trim().Split('\n'));
        Directory.Delete(data, recursive: true);
    }

    [Theory]
    [InlineData("--workers", "65")]
    [InlineData("--workers", "many")]
    [InlineData("--port", "70000")]
    [InlineData("--port", "-1")]
    [InlineData("--infrastructure", "cloud")]
    [InlineData("--bind", "everywhere")]
    [InlineData("--workerz", "2")]
    public async Task An_option_out_of_range_is_refused_in_one_sentence_that_names_it(string option, string value)
    {
        var (exitCode, output, errors) = await AppHostProcess.RunAsync([], [option, value]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(option, errors);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task Existing_infrastructure_that_nobody_has_named_is_asked_for_in_one_sentence()
    {
        var data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
        var (exitCode, _, errors) = await AppHostProcess.RunAsync(
            [("ConnectionStrings__clickhouse", "http://localhost:1")], ["--infrastructure", "existing", "--data", data, .. AppHostProcess.AnyPorts]);
        Assert.Equal(1, exitCode);
        Assert.Contains("ConnectionStrings__kafka", errors);
        Assert.Single(errors.Trim().Split('\n'));
        Directory.Delete(data, recursive: true);
    }
}
