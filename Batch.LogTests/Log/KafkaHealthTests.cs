using Batch.Core.Log;
using Batch.Core.Log.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.Log;

/// <summary>What stands in the way of appends and consumers shows in the check, in one sentence, for as long as it does.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class KafkaHealthTests : KafkaMockTest
{
    const int JoinGroup = 11, Heartbeat = 12;
    const int InvalidSessionTimeout = 26, FencedInstance = 82;

    [SkippableFact]
    public async Task A_session_timeout_that_the_brokers_refuse_is_named_until_it_is_taken()
    {
        var topic = await NewTopicAsync();
        await AppendAsync("read in the end");
        await Broker.TellAsync($"errors {JoinGroup} {string.Join(' ', Enumerable.Repeat(InvalidSessionTimeout, 4))}");

        await using var consumer = Log.Join("group", [topic]);

        string? said = null;
        await EventuallyAsync(async () =>
        {
            try
            {
                await Log.CheckAsync(CancellationToken.None);
            }
            catch (LogUnavailableException e)
            {
                said = e.Message;
            }
            return said is not null;
        });
        Assert.Contains("refuses a session timeout of 1.5 s for group group", said, StringComparison.Ordinal);
        Assert.Contains("Kafka:SessionTimeout", said, StringComparison.Ordinal);
        Assert.Equal("read in the end", await ReadTextAsync(consumer));
        await HealsAsync(() => Log.CheckAsync(CancellationToken.None));
        Assert.Single(Lines.At(LogLevel.Error), said);
    }

    [SkippableFact]
    public async Task A_static_member_whose_name_another_process_took_says_so_and_reads_on_once_it_is_free()
    {
        Options.InstanceId = "worker-1";
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join("group", [topic]);
        await AppendAsync("before");
        Assert.Equal("before", await ReadTextAsync(consumer));

        await Broker.TellAsync($"errors {Heartbeat} {FencedInstance}");

        await EventuallyAsync(() => Lines.At(LogLevel.Error).Any(line =>
            line.Contains("same name worker-1-0: Kafka:InstanceId must be unique", StringComparison.Ordinal)));
        await AppendAsync("after");
        string read;
        do
            read = await ReadTextAsync(consumer);
        while (read == "before");
        Assert.Equal("after", read);
        await HealsAsync(() => Log.CheckAsync(CancellationToken.None));
    }

    [SkippableFact]
    public async Task Members_of_a_group_have_the_lowest_numbers_in_whatever_order_they_join()
    {
        var topic = await NewTopicAsync();
        var joined = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (KafkaConsumer)Log.Join($"group-{i % 2}", [topic]))));
        foreach (var group in joined.GroupBy(consumer => consumer.Group))
            Assert.Equal([0, 1, 2], group.Select(consumer => consumer.Member).Order());

        var leaver = joined.Single(consumer => consumer is { Group: "group-1", Member: 1 });
        await leaver.DisposeAsync().AsTask().WaitAsync(TestTimeout);

        Assert.Equal(1, ((KafkaConsumer)Log.Join("group-1", [topic])).Member);
    }

    [SkippableFact]
    public async Task A_deleted_topic_is_reported_and_once_it_exists_again_appends_and_consumers_continue()
    {
        Options.Properties["topic.metadata.refresh.interval.ms"] = "500";
        Options.AppendTimeout = TimeSpan.FromSeconds(5);
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join("group", [topic]);
        await AppendAsync("before");
        Assert.Equal("before", await ReadTextAsync(consumer));

        await Broker.TellAsync($"hide {topic}");
        var check = await CheckFailsAsync();
        await Broker.TellAsync($"show {topic}");

        Assert.Contains($"has no topic {topic}", check.Message, StringComparison.Ordinal);
        Assert.Contains(Lines.At(LogLevel.Warning), line => line.Contains($"Topic {topic} was deleted", StringComparison.Ordinal));
        await HealsAsync(() => Log.CheckAsync(CancellationToken.None));
        await Log.EnsureTopicAsync(topic, 1, CancellationToken.None).WaitAsync(TestTimeout);
        await AppendAsync("after");
        string read;
        do
            read = await ReadTextAsync(consumer);
        while (read == "before");
        Assert.Equal("after", read);
    }

    [SkippableFact]
    public async Task More_replicas_than_there_are_brokers_are_refused_with_both_numbers()
    {
        Options.ReplicationFactor = 3;

        var ensure = await Assert.ThrowsAsync<LogUnavailableException>(() => Log.EnsureTopicAsync("wide", 1, CancellationToken.None).WaitAsync(TestTimeout));
        var check = await CheckFailsAsync();

        Assert.Equal(
            $"Topic wide cannot be created with 3 replicas: Kafka at {Broker.Servers} has 1 broker up. Start more, or lower Kafka:ReplicationFactor.",
            ensure.Message);
        Assert.Equal(ensure.Message, check.Message);
    }

    [Theory]
    [InlineData(1, 0, null)]
    [InlineData(2, 0, null)]
    [InlineData(3, 0, "2")]
    [InlineData(3, 3, "3")]
    [InlineData(2, 2, "2")]
    [InlineData(2, 3, "2")]
    public void A_record_is_in_two_of_three_replicas_before_it_is_acknowledged(short replicas, short option, string? expected)
    {
        var options = new KafkaOptions { MinInsyncReplicas = option };
        var health = new KafkaHealth("", NullLogger.Instance);
        using var producer = new KafkaProducer(options, health, TimeProvider.System);

        var configs = new KafkaTopics(options, producer, health, NullLogger.Instance).Specify("chunks", 12, replicas).Configs;

        Assert.Equal(expected, configs.GetValueOrDefault("min.insync.replicas"));
    }

    [Fact]
    public void A_producer_that_fails_fatally_every_time_shows_in_health_and_one_failure_does_not()
    {
        var health = new KafkaHealth("a:1", NullLogger.Instance);
        var fatal = new Error(ErrorCode.ClusterAuthorizationFailed, "not allowed", isFatal: true);

        health.OnProducerError(fatal);
        Assert.Null(health.Fatal);
        health.OnProducerError(fatal);
        Assert.Equal("not allowed", health.Fatal);
        health.OnAppended();
        Assert.Null(health.Fatal);
    }

    [Fact]
    public void A_member_that_has_not_polled_for_long_or_whose_client_failed_shows_in_health_until_it_does_again()
    {
        var time = new FakeTimeProvider();
        var options = new KafkaOptions { BootstrapServers = "nowhere:1" };
        using var wake = new ManualResetEvent(true);
        var faults = new KafkaMemberFaults(
            options, new KafkaHealth("nowhere:1", NullLogger.Instance), "workers", 2, wake, NullLogger.Instance, time);
        time.Advance(2 * options.RequestTimeout);
        Assert.Null(faults.Fault);
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("Member 2 of group workers has not polled Kafka for 60 s.", faults.Fault);
        faults.OnPoll();
        Assert.Null(faults.Fault);

        faults.NoteFailure(new InvalidOperationException("A bug."));
        Assert.Equal("Member 2 of group workers failed and starts again: A bug.", faults.Fault);
        Assert.Equal(KafkaMemberFaults.RetryAfter, faults.PauseBeforeNextClient());
        faults.NoteFailure(new InvalidOperationException("A bug."));
        Assert.Equal(2 * KafkaMemberFaults.RetryAfter, faults.PauseBeforeNextClient());
        faults.OnTakenIn();
        Assert.Null(faults.Fault);
        faults.OnRecord();
        Assert.Equal(KafkaMemberFaults.RetryAfter, faults.PauseBeforeNextClient());
    }

    [Fact]
    public void Two_failures_that_are_far_apart_do_not_show_and_one_that_showed_is_over_after_half_a_minute()
    {
        var time = new FakeTimeProvider();
        var health = new KafkaHealth("a:1", NullLogger.Instance, time);
        var fatal = new Error(ErrorCode.ClusterAuthorizationFailed, "not allowed", isFatal: true);

        health.OnProducerError(fatal);
        time.Advance(TimeSpan.FromSeconds(31));
        health.OnProducerError(fatal);
        Assert.Null(health.Fatal);
        time.Advance(TimeSpan.FromSeconds(29));
        health.OnProducerError(fatal);
        Assert.Equal("not allowed", health.Fatal);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Null(health.Fatal);
    }
}
