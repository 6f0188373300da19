using System.Diagnostics;
using System.Diagnostics.Metrics;
using Batch.Core.Log;
using Batch.Core.Log.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Batch.Tests.Log;

/// <summary>What only a log of brokers can meet: outages, refusals, retention, rebalances at bad moments. Each test has a broker of its own.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class KafkaLogTests : KafkaMockTest
{
    const int Produce = 0, Commit = 8;

    [SkippableFact]
    public async Task Brokers_that_are_away_are_one_clear_sentence_and_the_process_stays_up()
    {
        await Broker.TellAsync("down");

        var ensure = await Assert.ThrowsAsync<LogUnavailableException>(() => Log.EnsureTopicAsync("topic", 1, CancellationToken.None).WaitAsync(TestTimeout));
        var check = await Assert.ThrowsAsync<LogUnavailableException>(() => Log.CheckAsync(CancellationToken.None).WaitAsync(TestTimeout));

        Assert.StartsWith($"Kafka at {Broker.Servers} cannot be reached: ", ensure.Message, StringComparison.Ordinal);
        Assert.StartsWith($"Kafka at {Broker.Servers} cannot be reached: ", check.Message, StringComparison.Ordinal);
        Assert.Single(Lines.At(LogLevel.Warning));
        await Broker.TellAsync("up");
        // This broker lets no client make it.
        await Broker.TellAsync("topic topic 1");
        await EventuallyAsync(async () =>
        {
            try
            {
                await Log.CheckAsync(CancellationToken.None);
                return true;
            }
            catch (LogUnavailableException)
            {
                return false;
            }
        });
        Assert.Contains(Lines.At(LogLevel.Information), line => line.Contains("is reachable again", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task An_append_during_an_outage_fails_in_time_and_all_goes_on_afterwards()
    {
        Options.AppendTimeout = TimeSpan.FromSeconds(3);
        var topic = await NewTopicAsync();
        await using var consumer = Log.Join("group", [topic]);
        await AppendAsync("before");
        Assert.Equal("before", await ReadTextAsync(consumer));

        await Broker.TellAsync("down");
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync("during"));
        Assert.InRange(clock.Elapsed.TotalSeconds, 1, 15);
        await Broker.TellAsync("up");

        await EventuallyAsync(async () =>
        {
            try
            {
                await AppendAsync("after");
                return true;
            }
            catch (LogUnavailableException)
            {
                return false;
            }
        });
        string read;
        do
            read = await ReadTextAsync(consumer);
        while (read is "before" or "during");
        Assert.Equal("after", read);
        Assert.InRange(Lines.At(LogLevel.Warning).Count(line => line.Contains("cannot be reached", StringComparison.Ordinal)), 0, 2);
        Assert.Empty(Lines.At(LogLevel.Error));
    }

    [SkippableFact]
    public async Task A_refusal_that_passes_is_repeated_and_the_record_is_there_once()
    {
        var topic = await NewTopicAsync();
        // Not leader, timed out, not enough replicas.
        await Broker.TellAsync($"errors {Produce} 6 7 19");

        Assert.Equal(0, await AppendAsync("once"));
        Assert.Equal(1, await AppendAsync("then"));

        await using var consumer = Log.Join("group", [topic]);
        Assert.Equal("once", await ReadTextAsync(consumer));
        Assert.Equal("then", await ReadTextAsync(consumer));
    }

    [SkippableFact]
    public async Task Brokers_that_answer_but_accept_nothing_are_distinguished_from_unreachable_ones()
    {
        Options.AppendTimeout = TimeSpan.FromSeconds(3);
        await NewTopicAsync();
        // What Redpanda answers when its disk is full.
        await Broker.TellAsync($"errors {Produce} {string.Join(' ', Enumerable.Repeat(8, 200))}");

        var e = await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync("refused"));

        Assert.Contains("disk full", e.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_broker_that_takes_only_smaller_records_is_named_with_what_to_change()
    {
        await NewTopicAsync();
        await Broker.TellAsync($"errors {Produce} 10");

        var e = await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync("refused"));

        Assert.Contains("max.message.bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_topic_that_is_too_small_is_refused_with_both_numbers()
    {
        var e = Assert.Throws<LogUnavailableException>(() => KafkaTopics.CheckSize("chunks", "1048588", 8_454_144));
        Assert.Contains("1048588", e.Message, StringComparison.Ordinal);
        Assert.Contains("8454144", e.Message, StringComparison.Ordinal);
        KafkaTopics.CheckSize("chunks", "8454144", 8_454_144);
        KafkaTopics.CheckSize("chunks", null, 8_454_144);
    }

    [SkippableFact]
    public async Task After_a_fatal_failure_appends_use_a_new_producer()
    {
        await NewTopicAsync();
        await AppendAsync("first");
        // Out of order sequence number, with nothing in flight: the idempotent producer cannot go on.
        await Broker.TellAsync($"errors {Produce} 45");
        await Assert.ThrowsAsync<LogUnavailableException>(() => AppendAsync("second"));

        Assert.Equal(1, await AppendAsync("third"));
    }

    [SkippableFact]
    public async Task Records_that_retention_deleted_unread_are_reported_and_reading_goes_on()
    {
        var topic = await NewTopicAsync();
        for (var i = 0; i < 8; i++)
            await AppendAsync($"{i}");
        await using (var consumer = Log.Join("group", [topic]))
            for (var i = 0; i < 2; i++)
                using (var record = await ReadAsync(consumer))
                    await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        await Broker.TellAsync($"forget {topic} 0 5");

        await using var again = Log.Join("group", [topic]);

        Assert.Equal("5", await ReadTextAsync(again));
        Assert.Contains(Lines.At(LogLevel.Error), line => line.Contains("deleted records 2 to 4", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_commit_that_meets_a_rebalance_is_repeated()
    {
        var topic = await NewTopicAsync();
        await AppendAsync("done");
        await AppendAsync("next");
        await using (var consumer = Log.Join("group", [topic]))
        {
            using var record = await ReadAsync(consumer);
            // Rebalance in progress, coordinator loading.
            await Broker.TellAsync($"errors {Commit} 27 14 27");
            await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        }

        await using var again = Log.Join("group", [topic]);
        Assert.Equal("next", await ReadTextAsync(again));
    }

    [SkippableFact]
    public async Task What_was_done_when_the_process_stops_is_committed_on_the_way_out()
    {
        var topic = await NewTopicAsync();
        await AppendAsync("done");
        await AppendAsync("next");
        var consumer = Log.Join("group", [topic]);
        using (var record = await ReadAsync(consumer))
            _ = consumer.CommitAsync(record.Position, CancellationToken.None);
        await consumer.DisposeAsync();

        await using var again = Log.Join("group", [topic]);
        Assert.Equal("next", await ReadTextAsync(again));
    }

    [SkippableFact]
    public async Task A_reader_that_is_busy_for_long_stays_a_member_and_holds_no_more_than_its_bound()
    {
        Options.PrefetchBytes = 64 << 10;
        Options.Properties["max.poll.interval.ms"] = "3000";
        var topic = await NewTopicAsync();
        for (var i = 0; i < 100; i++)
            await Log.AppendAsync(topic, 0, [], new byte[10_000], CancellationToken.None).WaitAsync(TestTimeout);
        await using var consumer = Log.Join("group", [topic]);
        var revoked = false;
        consumer.Revoked += _ => revoked = true;
        (await ReadAsync(consumer)).Dispose();

        for (var i = 0; i < 60; i++)
        {
            await Task.Delay(100);
            Assert.InRange(((KafkaConsumer)consumer).HeldBytes, 0, (64 << 10) + 10_000);
        }

        for (var i = 1; i < 100; i++)
            using (var record = await ReadAsync(consumer))
                Assert.Equal(i, record.Position.Offset);
        Assert.False(revoked);
    }

    [SkippableFact]
    public async Task Lag_and_bytes_in_memory_are_measured()
    {
        var topic = await NewTopicAsync();
        await AppendAsync("a");
        await AppendAsync("b");
        await using var consumer = Log.Join("measured", [topic]);
        using (var record = await ReadAsync(consumer))
            await consumer.CommitAsync(record.Position, CancellationToken.None).WaitAsync(TestTimeout);
        var lags = new List<long>();
        var instruments = new HashSet<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "Batch" && instrument.Name.StartsWith("batch.log.", StringComparison.Ordinal))
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            instruments.Add(instrument.Name);
            if (instrument.Name == "batch.log.lag" && tags.ToArray().Contains(new("group", "measured")))
                lags.Add(value);
        });
        listener.Start();

        await EventuallyAsync(() =>
        {
            listener.RecordObservableInstruments();
            return Task.FromResult(lags.Contains(1));
        });
        Assert.Contains("batch.log.queue.bytes", instruments);
    }

    [SkippableTheory]
    [InlineData("acks", "1", "cannot be set")]
    [InlineData("no.such.property", "1", "no.such.property")]
    public void A_property_that_is_refused_or_unknown_is_named(string name, string value, string said)
    {
        Broker.SkipWithoutIt();
        Options.Properties[name] = value;

        var e = Assert.Throws<InvalidOperationException>(() => Log);

        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a:1", "b:2", "c:3", "a:1")]
    [InlineData(null, "b:2", "c:3", "c:3")]
    [InlineData(null, "b:2", null, "b:2")]
    [InlineData(null, null, null, "localhost:9092")]
    public void The_section_wins_over_the_connection_string_and_that_over_the_variable_of_the_shell(
        string? section, string? variable, string? connection, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kafka:BootstrapServers"] = section,
            ["KAFKA_BOOTSTRAP"] = variable,
            ["ConnectionStrings:kafka"] = connection,
            ["Kafka:Properties:security.protocol"] = "ssl",
        }).Build();
        using var provider = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddKafkaLog().BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<KafkaOptions>>().Value;

        Assert.Equal(expected, options.BootstrapServers);
        Assert.Equal("ssl", options.Properties["security.protocol"]);
    }
}
