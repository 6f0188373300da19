using System.Text;
using Batch.Core.Log;
using Batch.Tests.EmbeddedKafka;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Log;

/// <summary>What an operator does to a broker under a running system. Each test has an embedded broker of its own.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class KafkaBrokerFaultTests : IAsyncLifetime
{
    const string Topic = "chunks";
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(40);
    static readonly TimeSpan Seconds = TimeSpan.FromSeconds(15);

    readonly BrokerProcess _broker = new();
    readonly List<KafkaLog> _logs = [];
    readonly LogLines<KafkaLog> _lines = new();

    public Task InitializeAsync() => _broker.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var log in _logs)
            await log.DisposeAsync().AsTask().WaitAsync(TestTimeout);
        await _broker.DisposeAsync();
    }

    KafkaLog NewLog(Action<KafkaOptions>? configure = null)
    {
        var options = new KafkaOptions { BootstrapServers = _broker.Servers, SessionTimeout = TimeSpan.FromSeconds(2), MaxRecordBytes = 2 << 20 };
        configure?.Invoke(options);
        var log = new KafkaLog(options, _lines);
        _logs.Add(log);
        return log;
    }

    IAdminClient NewAdmin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _broker.Servers }).Build();

    static Task EnsureAsync(KafkaLog log, int partitions = 1) => log.EnsureTopicAsync(Topic, partitions, CancellationToken.None).WaitAsync(TestTimeout);

    static async Task AppendAsync(KafkaLog log, string text) =>
        await log.AppendAsync(Topic, 0, [], Encoding.UTF8.GetBytes(text), CancellationToken.None).WaitAsync(TestTimeout);

    static async Task<string> ReadTextAsync(ILogConsumer consumer)
    {
        using var timeout = new CancellationTokenSource(TestTimeout);
        using var record = await consumer.ReadAsync(timeout.Token);
        await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        return Encoding.UTF8.GetString(record.Value.Span);
    }

    /// <summary>Until it does not throw, and for at most <paramref name="limit"/>.</summary>
    static async Task HealsAsync(Func<Task> work, TimeSpan limit)
    {
        var until = DateTime.UtcNow + limit;
        while (true)
        {
            try
            {
                await work();
                return;
            }
            catch (LogUnavailableException) when (DateTime.UtcNow < until)
            {
                await Task.Delay(100);
            }
        }
    }

    static Task<string> CheckFailsAsync(KafkaLog log) => FailsAsync(() => log.CheckAsync(CancellationToken.None));

    static async Task<string> FailsAsync(Func<Task> work)
    {
        var until = DateTime.UtcNow + TestTimeout;
        while (DateTime.UtcNow < until)
        {
            try
            {
                await work();
                await Task.Delay(100);
            }
            catch (LogUnavailableException e)
            {
                return e.Message;
            }
        }
        throw new TimeoutException("It did not fail in time.");
    }

    [Fact]
    public async Task A_topic_deleted_under_a_running_system_is_created_again_within_seconds_and_its_consumers_read_it()
    {
        var log = NewLog();
        await EnsureAsync(log, 3);
        await using var consumer = log.Join("group", [Topic]);
        for (var i = 0; i < 5; i++)
            await AppendAsync(log, "old");
        for (var i = 0; i < 5; i++)
            Assert.Equal("old", await ReadTextAsync(consumer));

        using var admin = NewAdmin();
        await admin.DeleteTopicsAsync([Topic]);
        // As an upload does.
        await HealsAsync(async () =>
        {
            await log.EnsureTopicAsync(Topic, 3, CancellationToken.None);
            await log.CheckAsync(CancellationToken.None);
            await log.AppendAsync(Topic, 0, [], "new"u8.ToArray(), CancellationToken.None);
        }, Seconds);

        Assert.Equal("new", await ReadTextAsync(consumer));
        var made = admin.GetMetadata(Topic, TestTimeout).Topics.Single();
        Assert.Equal(3, made.Partitions.Count);
        await AppendAsync(log, "newer");
        Assert.Equal("newer", await ReadTextAsync(consumer));
    }

    [Fact]
    public async Task A_topic_deleted_while_nobody_checks_costs_one_append_and_the_next_question_makes_it_again()
    {
        var log = NewLog(options => options.AppendTimeout = TimeSpan.FromSeconds(5));
        await EnsureAsync(log);
        await AppendAsync(log, "old");
        using var admin = NewAdmin();
        await admin.DeleteTopicsAsync([Topic]);

        await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync(log, "refused"));

        await HealsAsync(async () =>
        {
            await log.EnsureTopicAsync(Topic, 1, CancellationToken.None);
            await AppendAsync(log, "new");
        }, Seconds);
    }

    [Fact]
    public async Task A_topic_too_small_for_chunks_shows_in_the_check_until_it_is_raised()
    {
        using var admin = NewAdmin();
        await admin.CreateTopicsAsync(
            [new TopicSpecification { Name = Topic, NumPartitions = 1, Configs = new() { ["max.message.bytes"] = "1048588" } }]);
        var log = NewLog();

        var ensure = await FailsAsync(() => EnsureAsync(log));
        var check = await CheckFailsAsync(log);
        await admin.IncrementalAlterConfigsAsync(new()
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = Topic }] =
                [new ConfigEntry { Name = "max.message.bytes", Value = "16777216", IncrementalOperation = AlterConfigOpType.Set }],
        });

        Assert.StartsWith("Topic chunks accepts records of 1048588 bytes, but ", check, StringComparison.Ordinal);
        Assert.Equal(ensure, check);
        await log.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout);
        await EnsureAsync(log);
        await AppendAsync(log, "fits");
    }

    [Fact]
    public async Task A_topic_that_was_made_smaller_shows_in_the_check_once_a_record_was_refused()
    {
        using var admin = NewAdmin();
        var log = NewLog();
        await EnsureAsync(log);
        await admin.IncrementalAlterConfigsAsync(new()
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = Topic }] =
                [new ConfigEntry { Name = "max.message.bytes", Value = "100000", IncrementalOperation = AlterConfigOpType.Set }],
        });

        await Assert.ThrowsAsync<LogUnavailableException>(
            () => log.AppendAsync(Topic, 0, [], new byte[1 << 20], CancellationToken.None).WaitAsync(TestTimeout));

        Assert.StartsWith("Topic chunks accepts records of 100000 bytes, but ", await CheckFailsAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_timeout_beyond_what_the_broker_allows_shows_in_the_check()
    {
        // Kafka's own upper limit, and this broker's.
        var log = NewLog(options => options.SessionTimeout = TimeSpan.FromMinutes(30.5));
        await EnsureAsync(log);
        await using var consumer = log.Join("group", [Topic]);

        Assert.Contains("refuses a session timeout of 1830 s for group group", await CheckFailsAsync(log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_processes_with_one_instance_id_the_first_says_so_and_waits_and_is_back_when_the_second_is_gone()
    {
        var first = NewLog(options => options.InstanceId = "worker");
        await EnsureAsync(first);
        await using var waits = first.Join("group", [Topic]);
        await AppendAsync(first, "1");
        Assert.Equal("1", await ReadTextAsync(waits));

        var second = NewLog(options => options.InstanceId = "worker");
        await EnsureAsync(second);
        var takes = second.Join("group", [Topic]);

        Assert.Contains("same name worker-0: Kafka:InstanceId must be unique per process", await CheckFailsAsync(first), StringComparison.Ordinal);
        await AppendAsync(first, "2");
        Assert.Equal("2", await ReadTextAsync(takes));
        // Nobody fights: the second stays what it is.
        await Task.Delay(3000);
        await second.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout);
        Assert.Single(_lines.At(LogLevel.Error), line => line.Contains("same name worker-0", StringComparison.Ordinal));

        await takes.DisposeAsync().AsTask().WaitAsync(TestTimeout);
        await AppendAsync(first, "3");
        Assert.Equal("3", await ReadTextAsync(waits));
        await HealsAsync(() => first.CheckAsync(CancellationToken.None), Seconds);
    }

    [Fact]
    public async Task A_full_disk_is_reported_with_its_reason_within_seconds_and_recovers_when_there_is_space()
    {
        _broker.Arguments = ["--max-bytes", $"{4 << 20}", "--segment-bytes", $"{1 << 20}"];
        await _broker.RestartAsync();
        var log = NewLog();
        await EnsureAsync(log);

        LogFullException? full = null;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 20 && full is null; i++)
        {
            clock.Restart();
            try
            {
                await log.AppendAsync(Topic, 0, [], new byte[400_000], CancellationToken.None).WaitAsync(TestTimeout);
            }
            catch (LogFullException e)
            {
                full = e;
            }
        }
        Assert.NotNull(full);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
        Assert.Equal(full.Message, await CheckFailsAsync(log));
        await Assert.ThrowsAsync<LogFullException>(() => log.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout));

        // Reading makes room.
        await using var consumer = log.Join("group", [Topic]);
        using var timeout = new CancellationTokenSource(TestTimeout);
        var reading = Task.Run(async () =>
        {
            while (true)
                using (var record = await consumer.ReadAsync(timeout.Token))
                    await consumer.CommitAsync(record.Position, timeout.Token);
        });
        await HealsAsync(() => log.CheckAsync(CancellationToken.None), TestTimeout);
        await AppendAsync(log, "fits");
        await timeout.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public async Task A_broker_restarted_with_all_it_holds_costs_appends_time_and_nothing_else()
    {
        var log = NewLog();
        await EnsureAsync(log);
        await using var consumer = log.Join("group", [Topic]);
        await AppendAsync(log, "before");
        Assert.Equal("before", await ReadTextAsync(consumer));

        _broker.Kill9();
        var during = AppendAsync(log, "during");
        await Task.Delay(2000);
        await _broker.RestartAsync();
        await during;

        Assert.Equal("during", await ReadTextAsync(consumer));
    }
}
